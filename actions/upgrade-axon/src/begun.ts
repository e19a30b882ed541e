import type { Context } from "@playbook/action";
import { begunBefore, type PendingFork, type Prepared } from "@playbook/release";
import { type Entry, RolloutRecord } from "@playbook/rollout";
import type { Inputs } from "./run.ts";

/** What an earlier run has begun and not brought to its end. */
export async function unfinishedOf(
  prepared: Prepared,
  inputs: Inputs,
  context: Context,
): Promise<Entry | undefined> {
  const record = await RolloutRecord.open(prepared.kube, inputs, context);
  return begunBefore(prepared, record.last, inputs.upgrade);
}

/**
 * Whether a rollout goes on that an earlier run has begun: with this very release, which Helm has
 * applied already, or back from another. Another release than the one that was left is a new one.
 */
export function goesOnRolling(unfinished: Entry | undefined, isApplied: boolean): boolean {
  if (!unfinished) return false;
  return unfinished.direction === "back" || isApplied;
}

/**
 * Whether a fork goes on: one that validators are prepared for and that is ahead, or one that is
 * called off. One whose block has come without it is no more; the next is a new one.
 */
export function goesOnForking(
  unfinished: Entry | undefined,
  pending: PendingFork | null,
  head: number,
): boolean {
  return unfinished?.direction === "back" || (pending !== null && pending.height > head);
}
