import { setTimeout as sleep } from "node:timers/promises";
import { ActionError } from "./error.ts";

export type Clock = {
  /**
   * Milliseconds since the epoch. Used for progress and deadlines, never to decide what is sent.
   */
  now(): number;
  /** Waits; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/** What an action may use of the world around it. Everything else comes through its inputs. */
export type Context = {
  clock: Clock;
  /** Aborted when the run is cancelled or its deadline has come: nothing new may be started. */
  signal: AbortSignal;
  /** One line for the log: what is being done or awaited. */
  progress(line: string): void;
  /** An annotation for the person who looks at the run. */
  warn(line: string): void;
  /** Hides a value in everything that is printed from now on. */
  mask(secret: string): void;
};

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, { signal }).catch((error) => {
      throw signal?.aborted ? signal.reason : error;
    });
  },
};

/** Thrown into every wait once the run has to end. */
export function cancelled(why: string): ActionError {
  return new ActionError("cancelled", {
    what: "The run was ended before it was done.",
    why,
    next: "Run it again: it goes on from what is stored.",
  });
}

/** Rejects as soon as the run has to end; to be called before anything new is started. */
export function goOn({ signal }: Pick<Context, "signal">): void {
  if (signal.aborted) throw signal.reason;
}
