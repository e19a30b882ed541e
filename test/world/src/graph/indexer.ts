import { BlockWork, HandlerFailure, triggersOf, watchedBy } from "./block-work.ts";
import type { BlockPointer, ChainClient } from "./chain-client.ts";
import { type ChainStore, pathTo } from "./chain-store.ts";
import { commit, revert } from "./entities.ts";
import { REORG_THRESHOLD } from "./ingestor.ts";
import type { Manifest } from "./manifest.ts";
import type { Deployment } from "./state.ts";

/** How many blocks are asked for at once. */
const RANGE = 1_000;
/** How close to the chain's head a deployment is called synced. */
const CAUGHT_UP = 10;

export type Pace = {
  /** How many blocks it may go. */
  blocks: number;
  /** From this block on it fails, whatever its handlers do. */
  failAt?: number;
};

/** What a deployment is indexed from. */
export type Source = { manifest: Manifest; chain: ChainClient; store: ChainStore };

/**
 * Takes a deployment one step on or back, as polling_block_stream.rs decides it: by the head that
 * is written down, not by the chain's own. Resolves to whether it moved.
 */
export async function advance(
  deployment: Deployment,
  source: Source,
  { blocks, failAt = Infinity }: Pace,
): Promise<boolean> {
  const { chain, store } = source;
  const { latest } = deployment;
  const { head } = store;
  if (!head || (latest && latest.number >= head.number)) return false;

  const from = (latest?.number ?? -1) + 1;
  const furthest = Math.min(from + Math.min(blocks, RANGE) - 1, Math.max(failAt - 1, from));
  const threshold = Math.min(REORG_THRESHOLD, head.number);
  if (!latest || head.number - latest.number > threshold) {
    if (latest && (await chain.pointer(latest.number))?.hash !== latest.hash) {
      return goBack(deployment, latest, source);
    }
    const to = Math.min(head.number - threshold, furthest);
    return indexRange(deployment, source, { from, to, head, failAt });
  }

  const path = pathTo(store, head, latest);
  if (!path) return false;
  if (path[0]?.parentHash !== latest.hash) return goBack(deployment, latest, source);
  for (const block of path.slice(0, Math.max(0, furthest - from + 1))) {
    const work = new BlockWork(deployment, source.manifest, chain, block);
    await indexBlock(deployment, work, { head, failAt });
    if (deployment.failure) break;
  }
  return deployment.latest !== latest;
}

/**
 * What is final is asked for by its number: only the blocks with something in them are looked at.
 */
async function indexRange(
  deployment: Deployment,
  { manifest, chain }: Source,
  { from, to, head, failAt }: { from: number; to: number; head: BlockPointer; failAt: number },
): Promise<boolean> {
  if (to < from) return false;
  const watched = watchedBy(manifest, deployment.created);
  const logs = await triggersOf(chain, watched, from, to);
  const numbers = new Set([...logs.map(({ blockNumber }) => Number(blockNumber)), to]);
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const work = new BlockWork(deployment, manifest, chain, await chain.block(number));
    await indexBlock(deployment, work, { head, failAt });
    if (deployment.failure) break;
  }
  return true;
}

/**
 * Takes back the block that it stands on. Its parent is known from the cache or from the chain, and
 * from nobody when neither has it; what was pruned, or began too late, cannot go back
 * (`parent_ptr` in chain.rs, `revert_block_ptr` in deployment.rs).
 */
async function goBack(
  deployment: Deployment,
  latest: BlockPointer,
  { chain, store }: Source,
): Promise<true> {
  const block = store.blocks.get(latest.hash) ?? (await chain.blockByHash(latest.hash));
  if (!block) throw new Error(`Failed to get parent pointer for #${latest.number}`);
  rewindTo(deployment, { number: latest.number - 1, hash: block.parentHash });
  return true;
}

/** Forgets what came after a block. */
export function rewindTo(deployment: Deployment, to: BlockPointer): void {
  if (deployment.earliest > Math.max(to.number - REORG_THRESHOLD, 0)) {
    const why = "an attempt to revert beyond earliest_block + reorg_threshold";
    throw new Error(`No rows affected. This could be due to ${why}`);
  }
  revert(deployment.entities, to.number);
  deployment.created = deployment.created.filter(({ block }) => block <= to.number);
  deployment.latest = to;
}

/**
 * Goes on to a block, with what its handlers did; without, when one failed for good. What may be
 * better another time leaves the deployment where it is, failed until then.
 */
async function indexBlock(
  deployment: Deployment,
  work: BlockWork,
  { head, failAt }: { head: BlockPointer; failAt: number },
): Promise<void> {
  const { pointer } = work;
  try {
    if (pointer.number >= failAt) throw new HandlerFailure("the world told it to fail");
    await work.run();
    deployment.failure = undefined;
    commit(deployment.entities, work.changes, pointer.number);
    deployment.created.push(...work.created);
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof HandlerFailure)) {
      deployment.failure = { message, block: pointer, deterministic: false };
      throw error;
    }
    const where = `#${pointer.number} (${pointer.hash.slice(2)})`;
    const text = `${message} at block ${where}`;
    deployment.failure = { message: text, block: pointer, deterministic: true };
  }
  deployment.latest = pointer;
  // A block that fails counts too: so it is with graph-node.
  deployment.synced ||= head.number - pointer.number <= CAUGHT_UP;
}
