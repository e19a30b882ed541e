import { hasQuorum, type ValidatorSet } from "./validators.ts";

/**
 * How far a validator's node is with a fork. `elsewhere` is one that is prepared for another
 * height.
 * `determined` and `enabled` are the chain's own, the same on all nodes that are in step.
 */
export type Readiness = "unprepared" | "elsewhere" | "prepared" | "determined" | "enabled";

/**
 * New rules from a block on, which more than two thirds have to be prepared for. The first block of
 * a prepared leader that they commit determines it, and from then on nothing calls it off. Until
 * then all others refuse the blocks of those who are prepared.
 */
export type Fork = {
  /** The first block under the new rules. */
  readonly height: number;
  /** Height of the chain after which nobody else is prepared. */
  readonly latest: number;
  /** As far as it was ever heard, by the validators' ids. */
  readonly readiness: ReadonlyMap<string, Readiness>;
};

/** Times in milliseconds. */
export type Schedule = {
  /** The least time from one block to the next. */
  readonly interval: number;
  /** For preparing all validators, one after another. */
  readonly prepare: number;
  /** For one of them. */
  readonly member: number;
  /** From when enough are prepared to the fork itself. */
  readonly margin: number;
};

/**
 * The most blocks that come in this time: while leaders are absent, or in vain, there are fewer.
 */
export function blocksIn(ms: number, { interval }: Pick<Schedule, "interval">): number {
  return Math.ceil(ms / Math.max(1, interval));
}

/** The first height at which a fork can be that nobody is prepared for yet. */
export function earliestFork(head: number, schedule: Schedule): number {
  const { prepare, member, margin } = schedule;
  return head + blocksIn(prepare, schedule) + blocksIn(member + margin, schedule) + 1;
}

/** Up to which height of the chain validators may be prepared for a fork at a height. */
export function latestFor(height: number, schedule: Schedule): number {
  return height - 1 - blocksIn(schedule.member + schedule.margin, schedule);
}

/** Whether the chain itself has it. */
export function isDetermined({ readiness }: Pick<Fork, "readiness">): boolean {
  const all = [...readiness.values()];
  return all.includes("determined") || all.includes("enabled");
}

/** Those who lead in vain: they vote for others' blocks, and their own are refused. */
export function inVain(fork: Fork | undefined): Set<string> {
  if (!fork || isDetermined(fork)) return new Set();
  const refused = [...fork.readiness].filter(([, is]) => is === "prepared" || is === "elsewhere");
  return new Set(refused.map(([id]) => id));
}

/** Whether those who are prepared can determine it. */
export function isCarried({ readiness }: Pick<Fork, "readiness">, set: ValidatorSet): boolean {
  const prepared = [...readiness].filter(([, is]) => is === "prepared").map(([id]) => id);
  return isDetermined({ readiness }) || hasQuorum(set, new Set(prepared));
}

/**
 * Whether it is off as long as nobody else is prepared: the others commit blocks without those who
 * are. A node that is given its old pod back has not forgotten it, and one that failed may have
 * been prepared before it did.
 */
export function isOff(fork: Pick<Fork, "readiness">, set: ValidatorSet): boolean {
  return !isDetermined(fork) && !isBinding(fork, set, new Set());
}

/**
 * Whether there is no way back, though nothing is determined: without those who are prepared, or
 * may be, the others do not commit. Overlord prevotes a block before it is checked, so that a block
 * with the fork locks all who are prepared, and the chain stands still until enough are.
 */
export function isBinding(
  { readiness }: Pick<Fork, "readiness">,
  set: ValidatorSet,
  begun: ReadonlySet<string>,
): boolean {
  if (isDetermined({ readiness })) return false;
  const free = set.filter(({ id }) => {
    const is = readiness.get(id) ?? "unprepared";
    return is === "unprepared" && !begun.has(id);
  });
  return !hasQuorum(set, new Set(free.map(({ id }) => id)));
}

/** Whether it is too late to prepare anybody, while it can still be called off. */
export function isLate(fork: Fork | undefined, set: ValidatorSet, head: number): boolean {
  return fork !== undefined && head > fork.latest && !isCarried(fork, set);
}
