import { setTimeout as sleep } from "node:timers/promises";

/** Asks until the answer is neither false nor undefined, and gives it. */
export async function until<T>(
  ask: () => Promise<T>,
  { everyMs = 100, withinMs = 120_000 } = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`not so after ${withinMs / 1000} s: ${ask}`);
    await sleep(everyMs);
  }
}
