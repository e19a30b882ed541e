import type { Block, BlockPointer, Log } from "./chain-client.ts";

/** A block in the cache with its logs: what is not final is indexed from here. */
export type CachedBlock = Block & { logs: Log[] };

/** What a node has written down of a chain. */
export type ChainStore = {
  /** The highest block that it has seen: `ethereum_networks.head_block_*`. */
  head: BlockPointer | undefined;
  /** By their hashes, those that the chain gave up among them. */
  blocks: Map<string, CachedBlock>;
};

export function pointerTo({ number, hash }: Block): BlockPointer {
  return { number: Number(number), hash };
}

/**
 * The blocks after one up to the head, in order, found by their parents in the cache. The first is
 * another's child when that one is not the head's ancestor; undefined when one is missing.
 */
export function pathTo(
  { blocks }: ChainStore,
  head: BlockPointer,
  after: BlockPointer,
): CachedBlock[] | undefined {
  const path: CachedBlock[] = [];
  let hash = head.hash;
  for (let number = head.number; number > after.number; number -= 1) {
    const block = blocks.get(hash);
    if (!block) return undefined;
    path.unshift(block);
    hash = block.parentHash;
  }
  return path;
}
