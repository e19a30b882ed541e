/**
 * How long a round's steps wait, in milliseconds, before the chain tries another leader. With each
 * round they double, up to `doublings` times.
 */
export type Timing = {
  /** Time from one block to the next while all is well. */
  readonly interval: number;
  /** What one round waits for its leader and its votes, all steps together. */
  readonly round: number;
  readonly doublings: number;
};

/** A network's delays and a machine's hiccups, on top of what the protocol itself waits. */
const SLACK = 2;

/**
 * The time in milliseconds after which a chain without a new block stands still. Absent validators
 * still have their turns to lead, in the worst case one after another, and each is waited out.
 */
export function stallLimit({ interval, round, doublings }: Timing, absent: number): number {
  let limit = interval;
  for (let turn = 0; turn <= absent; turn += 1) limit += round * 2 ** Math.min(turn, doublings);
  return SLACK * limit;
}

/**
 * The time in milliseconds in which a chain that stood still makes a block again, once enough of
 * its validators are back: its rounds have become as long as they get, and the first leader may be
 * one that does not know what the others are locked on.
 */
export function recoveryLimit({ round, doublings }: Timing): number {
  return SLACK * round * 2 ** doublings;
}
