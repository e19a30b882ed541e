import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, id, keccak256, ZeroHash } from "ethers";

/** What a timelock is to do, without value. */
export type LockedCall = { to: Address; data: Hex };

/**
 * How far a call is on its way through a timelock. `turn` counts how often the same call has gone
 * all the way: an operation is done once, so that each turn is an operation of its own.
 */
export type Operation = {
  turn: number;
  state: "unscheduled" | "waiting" | "ready";
  /** Seconds since the epoch from which on it may be executed; 0 for what is not scheduled. */
  from: number;
};

/** What a timelock will let through: what it does, and from when on, in seconds since the epoch. */
export type Scheduled = { by: Address; label: string; from: number };

/** What a timelock calls done, where it has the time of what waits. */
const DONE = 1n;

/** A call's operation of that turn, as OpenZeppelin's TimelockController (4.x) hashes it. */
export function operationId(call: LockedCall, turn: number): Hex {
  const types = ["address", "uint256", "bytes", "bytes32", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, operation(call, turn))) as Hex;
}

/** What `schedule` and `execute` are told of a call's operation: nothing has to come before it. */
export function operation({ to, data }: LockedCall, turn: number): readonly unknown[] {
  return [to, 0, data, ZeroHash, id(`playbook: turn ${turn}`)];
}

/**
 * The first turn that is not done. `timestampOf` answers what the timelock says of an operation.
 */
export async function stateOf(
  call: LockedCall,
  now: number,
  timestampOf: (operation: Hex) => Promise<bigint>,
): Promise<Operation> {
  for (let turn = 0; ; turn += 1) {
    const said = await timestampOf(operationId(call, turn));
    if (said === DONE) continue;
    const from = Number(said);
    if (from === 0) return { turn, state: "unscheduled", from };
    return { turn, state: from > now ? "waiting" : "ready", from };
  }
}
