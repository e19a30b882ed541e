import { ActionError, type Context, goOn } from "@playbook/action";

export type Waiting<Seen> = {
  /** What is awaited, for a person: `validator-0 runs the new image`. */
  what: string;
  deadlineMs: number;
  pauseMs?: number;
  context: Context;
  /** Told of each look that was not the last, to say how far it is. */
  onLook?: (seen: Seen) => void;
};

const PAUSE_MS = 1_000;

/**
 * Looks again and again until what is seen will do. Throws `not-in-time`, and the run's own reason
 * when that ends.
 */
export async function until<Seen>(
  look: () => Promise<Seen>,
  isDone: (seen: Seen) => boolean,
  { what, deadlineMs, pauseMs = PAUSE_MS, context, onLook }: Waiting<Seen>,
): Promise<Seen> {
  const { clock, signal } = context;
  const end = clock.now() + deadlineMs;
  for (;;) {
    goOn(context);
    const seen = await look();
    if (isDone(seen)) return seen;
    onLook?.(seen);
    if (clock.now() + pauseMs > end) throw late(what, deadlineMs);
    await clock.sleep(pauseMs, signal);
  }
}

function late(what: string, deadlineMs: number): ActionError {
  return new ActionError("not-in-time", {
    what: `Not in ${Math.round(deadlineMs / 1_000)} s: ${what}.`,
    why: "It was looked at until its time was used up.",
    next: "See why in the events and logs, then run this again: it goes on from what is there.",
  });
}
