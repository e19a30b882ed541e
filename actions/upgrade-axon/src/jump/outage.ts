import type { Ask } from "@playbook/rollout";

/**
 * The height of the last block that is not younger than a time, in seconds since the epoch; of
 * those up to `head`, by their own timestamps, which never fall.
 */
export async function lastBlockAt(time: number, head: number, ask: Ask): Promise<number> {
  let [below, above] = [0, head + 1];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if ((await secondsOf(middle, ask)) <= time) below = middle;
    else above = middle;
  }
  return below;
}

/** Seconds between a block and the next one. */
export async function pauseAfter(height: number, ask: Ask): Promise<number> {
  const [before, after] = await Promise.all([secondsOf(height, ask), secondsOf(height + 1, ask)]);
  return after - before;
}

/** Throws when there is no such block: whoever asks knows that there is. */
async function secondsOf(height: number, ask: Ask): Promise<number> {
  const block = await ask("eth_getBlockByNumber", [`0x${height.toString(16)}`, false]);
  const { timestamp } = block as { timestamp: string };
  return Number(timestamp);
}
