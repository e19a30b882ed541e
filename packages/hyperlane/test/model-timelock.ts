import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, keccak256, type Result } from "ethers";
import { NOBODY } from "../src/contract.ts";
import { type LockedCall, type Operation, operationId } from "../src/timelock.ts";
import type { Lock } from "./model-accounts.ts";

const OPERATION = ["address", "uint256", "bytes", "bytes32", "bytes32"];

/** Takes note of a call; returns it when it is to be made. */
export function tellLock(
  { roles, calls, told, done }: Lock,
  { by, name, args }: { by: Address; name: string; args: Result },
): LockedCall | null {
  if (![by, NOBODY].includes(roles[name as keyof Lock["roles"]])) {
    throw new Error(`${name}: ${by} may not`);
  }
  const [target, , data, , salt] = args as unknown as [Address, bigint, Hex, Hex, Hex];
  const id = keccak256(AbiCoder.defaultAbiCoder().encode(OPERATION, args.slice(0, 5)));
  calls.set(`${target}${data}`, { to: target, data });
  if (name === "schedule") {
    if (told.has(id)) throw new Error(`${salt} is scheduled already`);
    told.add(id);
    return null;
  }
  if (!told.has(id) || done.has(id)) throw new Error(`${salt} cannot be executed`);
  done.add(id);
  return { to: target, data };
}

/** What a timelock was told: it is time for all of it that is not done. */
export function operationsSeen({ calls, told, done }: Lock): Map<Hex, Operation> {
  return new Map(
    [...calls.values()].map((call): [Hex, Operation] => {
      let turn = 0;
      while (done.has(operationId(call, turn))) turn += 1;
      const state = told.has(operationId(call, turn)) ? "ready" : "unscheduled";
      return [operationId(call, 0), { turn, state, from: 1 }];
    }),
  );
}
