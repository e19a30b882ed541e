import { BlockWork, HandlerFailure, triggersOf, watchedBy } from "./block-work.ts";
import type { BlockPointer, ChainClient } from "./chain-client.ts";
import { commit, revert } from "./entities.ts";
import type { Manifest } from "./manifest.ts";
import type { Deployment } from "./state.ts";

/** How many blocks are asked for at once, and how many a reorganisation can go back. */
const RANGE = 1_000;
const TRAIL = 250;
/** How close to the chain's head a deployment is called synced. */
const CAUGHT_UP = 10;

export type Pace = {
  /** How many blocks it may go. */
  blocks: number;
  /** From this block on it fails, whatever its handlers do. */
  failAt?: number;
};

/** Indexes a deployment as far as it may go. Resolves to how many blocks it went. */
export async function advance(
  deployment: Deployment,
  manifest: Manifest,
  chain: ChainClient,
  { blocks, failAt = Infinity }: Pace,
): Promise<number> {
  const head = await chain.head();
  await goBackWith(chain, deployment);
  const from = (deployment.latest?.number ?? -1) + 1;
  const to = Math.min(head.number, from + Math.min(blocks, RANGE) - 1, Math.max(failAt - 1, from));
  if (to < from) return 0;

  const watched = watchedBy(manifest, deployment.created);
  const logs = await triggersOf(chain, watched, from, to);
  const numbers = new Set([...logs.map(({ blockNumber }) => Number(blockNumber)), to]);
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const work = new BlockWork(deployment, manifest, chain, await chain.block(number));
    await indexBlock(deployment, work, number >= failAt);
    // A block that fails counts too: so it is with graph-node.
    deployment.synced ||= head.number - number <= CAUGHT_UP;
    if (deployment.failure) break;
  }
  return (deployment.latest?.number ?? from) - from + 1;
}

/** Where the chain is another than it was, the deployment goes back to what both have. */
async function goBackWith(chain: ChainClient, deployment: Deployment): Promise<void> {
  const { latest, trail } = deployment;
  const isThere = async ({ number, hash }: BlockPointer) =>
    (await chain.pointer(number))?.hash === hash;
  if (!latest || (await isThere(latest))) return;

  let shared = trail.at(-1);
  while (shared && !(await isThere(shared))) {
    trail.pop();
    shared = trail.at(-1);
  }
  const last = shared?.number ?? -1;
  revert(deployment.entities, last);
  deployment.created = deployment.created.filter(({ block }) => block <= last);
  deployment.latest = shared;
}

/**
 * Goes on to a block, with what its handlers did; without, when one failed for good. What may be
 * better another time leaves the deployment where it is, failed until then.
 */
async function indexBlock(
  deployment: Deployment,
  work: BlockWork,
  toldToFail: boolean,
): Promise<void> {
  const { pointer } = work;
  try {
    if (toldToFail) throw new HandlerFailure("the world told it to fail");
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
  deployment.trail = [...deployment.trail, pointer].slice(-TRAIL);
}
