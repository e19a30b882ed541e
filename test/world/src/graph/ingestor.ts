import type { ChainClient } from "./chain-client.ts";
import { type CachedBlock, type ChainStore, pointerTo } from "./chain-store.ts";

/** How deep a reorganisation may be: the default of ETHEREUM_REORG_THRESHOLD. */
export const REORG_THRESHOLD = 250;

/**
 * Takes in the chain's newest block with its ancestors. It never goes back: a chain that is lower
 * than the highest block that was seen is ignored (graph-node's ingestor.rs, chain_store.rs).
 * Resolves to whether there was anything to take in.
 */
export async function ingest(store: ChainStore, chain: ChainClient): Promise<boolean> {
  const latest = await chain.head();
  const { head } = store;
  if (head && latest.number < head.number) return false;
  if (store.blocks.has(latest.hash) && head?.number === latest.number) return false;

  let missing: string | undefined = latest.hash;
  while (missing !== undefined) {
    store.blocks.set(missing, await fetched(chain, missing));
    missing = advanceHead(store);
  }
  return true;
}

async function fetched(chain: ChainClient, hash: string): Promise<CachedBlock> {
  const block = await chain.blockByHash(hash);
  if (!block) throw new Error(`Block data unavailable, block was likely uncled (${hash})`);
  const logs = block.transactions.length > 0 ? await chain.logsIn(hash) : [];
  return { ...block, logs };
}

/**
 * Makes the highest block of the cache the head when its ancestors are there; otherwise says which
 * one is missing.
 */
function advanceHead(store: ChainStore): string | undefined {
  const known = store.head?.number ?? -1;
  const candidate = [...store.blocks.values()]
    .filter(({ number }) => Number(number) > known)
    .sort((a, b) => Number(b.number) - Number(a.number))[0];
  if (!candidate) return undefined;

  const first = Math.max(0, Number(candidate.number) - REORG_THRESHOLD);
  for (let block = candidate; Number(block.number) > first; ) {
    const parent = store.blocks.get(block.parentHash);
    if (!parent) return block.parentHash;
    block = parent;
  }
  store.head = pointerTo(candidate);
  return undefined;
}
