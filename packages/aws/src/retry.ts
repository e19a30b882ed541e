import type { Clock } from "@playbook/action";
import { isPassing, retryAfter } from "./failure.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export type Patience = {
  /** From the first try until no further one is started. */
  deadlineMs: number;
  clock: Clock;
  signal?: AbortSignal | undefined;
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
