import type { Ask } from "@playbook/rollout";

/** More blocks than a chain makes until somebody looks. */
const MOST = 500;

export type Outage = {
  /** The last block before it. */
  after: number;
  seconds: number;
};

/**
 * The longest time between two of the chain's latest blocks, by their own timestamps, from `head` back
 * to `from`. null when there are none to compare.
 */
export async function outageOf(head: number, from: number, ask: Ask): Promise<Outage | null> {
  const lowest = Math.max(0, from, head - MOST);
  let longest: Outage | null = null;
  let next = await secondsOf(head, ask);
  for (let height = head - 1; height >= lowest; height -= 1) {
    const at = await secondsOf(height, ask);
    if (next - at >= (longest?.seconds ?? 0)) longest = { after: height, seconds: next - at };
    next = at;
  }
  return longest;
}

async function secondsOf(height: number, ask: Ask): Promise<number> {
  const block = await ask("eth_getBlockByNumber", [`0x${height.toString(16)}`, false]);
  return Number((block as { timestamp?: string } | null)?.timestamp ?? 0);
}
