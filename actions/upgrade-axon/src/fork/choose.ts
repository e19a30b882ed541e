import { ActionError } from "@playbook/action";
import { earliestFork, type Fork, latestFor, type Schedule } from "@playbook/bft";
import type { PendingFork } from "@playbook/release";

export type Choice = {
  head: number;
  features: readonly string[];
  /** The height that somebody has given. */
  given?: number | undefined;
  /** One that the validators' sets have in their templates already. */
  pending: PendingFork | null;
  /** It has got too late for that one, and a later block is wanted. */
  isMoved?: boolean;
  /** Whether the chain has the fork already, and nothing can be changed about it. */
  isSettled: boolean;
  schedule: Schedule;
};

/**
 * The height of a fork: the one that is given, or that an earlier run was preparing and that can
 * still be reached, or the first one that leaves time enough. Throws `fork-too-near`.
 */
export function chooseFork(choice: Choice): Pick<Fork, "height" | "latest"> {
  const { head, given, pending, isMoved = false, schedule } = choice;
  const earliest = earliestFork(head, schedule);
  const begun = pending && !isMoved && goesOn(choice, pending) ? pending.height : undefined;
  const height = (choice.isSettled ? begun : given) ?? begun ?? earliest;
  if (height < earliest && height !== begun) throw tooNear(height, choice, earliest);
  return { height, latest: latestFor(height, schedule) };
}

/** One that is late is gone on with as well: what it needs is to be called off, or moved. */
function goesOn({ head, features, given, isSettled }: Choice, pending: PendingFork): boolean {
  const isSame = [...features].sort().join() === [...pending.features].sort().join();
  if (!isSame || isSettled) return isSame;
  return pending.height > head && (given === undefined || given === pending.height);
}

function tooNear(height: number, { head, schedule }: Choice, earliest: number): ActionError {
  const { interval, prepare, margin } = schedule;
  const away = Math.round(((height - head) * interval) / 1_000);
  return new ActionError("fork-too-near", {
    what: `Block ${height} is too near for a fork.`,
    why:
      `The chain is at block ${head}, and can be there in ${away} s. Preparing is given ` +
      `${Math.round(prepare / 1_000)} s, and ${Math.round(margin / 1_000)} s are kept after it.`,
    next: `Give block ${earliest} or a later one, or give less time: "prepare-time", "margin".`,
  });
}

/** A fork that the chain has already, and whose block nobody here knows. */
export function determined(features: readonly string[]): ActionError {
  return new ActionError("fork-determined", {
    what: `The chain has determined ${features.join(", ")} already.`,
    why: "No set of this release prepares it: somebody has done that by hand.",
    next: "Wait until it is enabled; then run this again, which sees whether all nodes follow.",
  });
}
