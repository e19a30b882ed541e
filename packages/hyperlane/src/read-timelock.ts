import { ActionError } from "@playbook/action";
import type { Address, Hex } from "@playbook/evm";
import { id } from "ethers";
import type { Look } from "./look.ts";
import type { Timelock } from "./model.ts";
import { type LockedCall, type Operation, operationId, stateOf } from "./timelock.ts";

const TIMELOCK = "TimelockController";

/** Throws `other-timelock` where one is not as it shall be: nobody but itself can change it. */
export async function checkTimelock(
  look: Look,
  address: Address,
  { delay, proposer, executor }: Timelock,
): Promise<void> {
  const has = async (role: string, account: Address): Promise<boolean> => {
    const [said] = await look.call(TIMELOCK, address, "hasRole", [id(role), account]);
    return said as boolean;
  };
  const [found, proposes, executes] = await Promise.all([
    look.value<bigint>(TIMELOCK, address, "getMinDelay"),
    has("PROPOSER_ROLE", proposer),
    has("EXECUTOR_ROLE", executor),
  ]);
  const flaws = [
    ...(found === BigInt(delay) ? [] : [`Its delay is ${found} s, and not ${delay} s.`]),
    ...(proposes ? [] : [`${proposer} may not propose.`]),
    ...(executes ? [] : [`${executor} may not execute.`]),
  ];
  if (flaws.length === 0) return;
  throw new ActionError("other-timelock", {
    what: `The timelock at ${address} is not as \`upgrade.timelock\` wants it.`,
    why: flaws.join("\n"),
    next: "Write what it is; or have its proposer schedule the change, which it makes to itself.",
  });
}

/** How far these calls have come, as of a look's block. */
export async function readOperations(
  look: Look,
  timelock: Address | undefined,
  calls: readonly LockedCall[],
): Promise<Map<Hex, Operation>> {
  if (!timelock || calls.length === 0) return new Map();
  const now = await look.time();
  const timestampOf = async (operation: Hex): Promise<bigint> => {
    const [said] = await look.call(TIMELOCK, timelock, "getTimestamp", [operation]);
    return said as bigint;
  };
  const read = calls.map(async (call): Promise<[Hex, Operation]> => {
    return [operationId(call, 0), await stateOf(call, now, timestampOf)];
  });
  return new Map(await Promise.all(read));
}
