import { type AxonNode, until } from "@playbook/world";

/** Waits until all of them have a block of that number. */
export function reaches(nodes: readonly AxonNode[], height: number): Promise<true> {
  return until(async () => {
    const heights = await Promise.all(nodes.map((node) => node.height()));
    return heights.every((at = 0) => at >= height);
  });
}

export async function newest(nodes: readonly AxonNode[]): Promise<number> {
  const heights = await Promise.all(nodes.map((node) => node.height()));
  return Math.max(...heights.map((height = 0) => height));
}

/** What each of them has at a height, once each. */
export async function hashesAt(nodes: readonly AxonNode[], height: number): Promise<string[]> {
  const number = `0x${height.toString(16)}`;
  const blocks = await Promise.all(
    nodes.map((node) => node.call<{ hash: string }>("eth_getBlockByNumber", number, false)),
  );
  return [...new Set(blocks.map(({ hash }) => hash))];
}

/** What a node said last, where it does not do what it should. */
const LAST_LINES = 40;

/** Waits until a node has given up waiting for the others so many times, as Overlord's log says. */
export async function standsStill(node: AxonNode, times: number): Promise<void> {
  const seen = new Set<string>();
  await until(async () => {
    const last = node
      .log()
      .match(/.*(chokes in|goto new) round.*/g)
      ?.at(-1);
    if (last !== undefined) seen.add(last);
    return seen.size > times;
  }).catch((error) => {
    const lines = node.log().split("\n").slice(-LAST_LINES).join("\n");
    throw new Error(`${error.message}\nIts log ends with:\n${lines}`);
  });
}

/** A test of what only the world's nodes write down: of Axon itself nobody can ask it. */
export function ofTheWorld(name: string, body: () => Promise<void>): void {
  if (process.env.PLAYBOOK_REAL_AXON === undefined) test(name, body);
}
