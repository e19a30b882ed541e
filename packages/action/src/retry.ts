import type { Clock } from "./context.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export type Patience = {
  /** From the first try until no further one is started. */
  deadlineMs: number;
  clock: Clock;
  signal?: AbortSignal | undefined;
};

export type Judge = {
  /** Whether a later try of the same can succeed. */
  isPassing(error: unknown): boolean;
  /** How long the other side asks to be left alone, in milliseconds. */
  retryAfter(error: unknown): number;
};

/**
 * Repeats what a repetition can mend until the deadline, waiting longer each time, at least as long
 * as `Retry-After` asks, and at random so that many at once spread out. Throws the signal's reason
 * when that is aborted: the first try is always made, so that what is under way can be written
 * down.
 */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  { deadlineMs, clock, signal }: Patience,
  { isPassing, retryAfter }: Judge,
): Promise<Result> {
  let seen = clock.now();
  let end = seen + deadlineMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const now = clock.now();
      // A clock that is set back by a day does not make a minute's patience a day's.
      if (now < seen) end -= seen - now;
      seen = now;
      const backoff = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries);
      const pause = Math.max(retryAfter(error), backoff * (0.5 + Math.random() / 2));
      if (!isPassing(error) || now + pause > end) throw error;
      await clock.sleep(pause, signal);
    }
  }
}
