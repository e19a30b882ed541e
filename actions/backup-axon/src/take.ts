import { ActionError, type Context } from "@playbook/action";
import {
  awaitDetached,
  type Backup,
  type Beginning,
  type Block,
  type Bucket,
  idFor,
  isWhole,
  type NodeRpc,
  placeOf,
  written,
} from "@playbook/backup";
import { findRelease, type KubeClient } from "@playbook/kube";
import type { Store } from "@playbook/state";
import { awaitInStep } from "./in-step.ts";
import type { Inputs } from "./prepare.ts";
import type { Snapshots } from "./snapshot.ts";
import type { Source } from "./source.ts";
import { checkVotes } from "./votes.ts";

/** So many backups before this one are named: those before them are named by these. */
const ANCESTORS = 32;

export type Parts = {
  kube: KubeClient;
  bucket: Pick<Bucket, "catalogue"> & { store: Store };
  source: Source;
  snapshots: Snapshots;
  inputs: Inputs;
  context: Context;
};

/**
 * Stops the node, snapshots its volume and starts it again, whatever happens in between. Throws
 * `backup-disturbed` when it was not at rest all the while: what was taken counts for nothing.
 */
export async function take(parts: Parts): Promise<Beginning> {
  const { kube, bucket, source, snapshots, inputs, context } = parts;
  await checkVotes(kube, source, inputs, context);
  const begun = await beginningOf(parts);
  const { id, block } = begun;
  await bucket.store.create(placeOf(id).begun, written(begun));
  context.progress(`Backup ${id}: ${source.pod} is stopped at block ${block.height}.`);
  const from = context.clock.now();
  let whole = false;
  try {
    await source.refresh();
    await source.stop(id);
    const { generation } = source;
    const { namespace } = inputs;
    await awaitDetached(kube, { name: source.claim, namespace }, context);
    await snapshots.take(id, source.claim);
    whole = await source.isAtRest(generation);
  } finally {
    await source.start();
  }
  const downMs = context.clock.now() - from;
  context.progress(`${source.pod} is started again after ${Math.round(downMs / 1_000)} s.`);
  if (!whole) throw disturbed(source.name);
  await snapshots.mark(id, downMs);
  await awaitInStep(kube, source, inputs, context);
  return begun;
}

async function beginningOf({ kube, bucket, source, inputs, context }: Parts): Promise<Beginning> {
  using node = source.rpc();
  const follows = source.validator === undefined;
  const [chain, block, spec, image, catalogue] = await Promise.all([
    node.chain(),
    provenBlock(node, follows),
    source.chainSpec(),
    source.image(),
    bucket.catalogue(),
  ]);
  const { namespace, release, run } = inputs;
  const now = context.clock.now();
  const newest = (await findRelease(kube, { name: release, namespace }, ["configmap"])).at(-1);
  return {
    id: idFor(now, block.height),
    begunAt: new Date(now).toISOString(),
    run,
    chain: { ...chain, spec },
    block,
    ancestors: await ancestorsIn(node, catalogue),
    source: {
      ...{ cluster: kube.connection.cluster, namespace, release, pod: source.pod, follows, image },
      chart: source.chart,
      revision: newest?.revision ?? 0,
    },
  };
}

/** The newest block whose own proof the node's data have: see `baseOf`. */
async function provenBlock(node: NodeRpc, follows: boolean): Promise<Block> {
  const newest = await node.block("latest");
  const block = follows && newest ? await node.block(Math.max(0, newest.height - 1)) : newest;
  if (!block) throw new Error("A node that is in step has a newest block.");
  const { parentHash: _, ...proven } = block;
  return proven;
}

/**
 * Which of the backups that are there are of the chain that the node has, the newest first. Those of
 * a chain that was left behind by a restore do not count, however many there are.
 */
export async function ancestorsIn(
  node: Pick<NodeRpc, "block">,
  catalogue: readonly Backup[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const { id, manifest } of catalogue.filter(isWhole).reverse()) {
    if (ids.length === ANCESTORS) break;
    const own = await node.block(manifest.block.height);
    if (own?.hash === manifest.block.hash) ids.push(id);
  }
  return ids;
}

function disturbed(name: string): ActionError {
  return new ActionError("backup-disturbed", {
    what: `${name} was not at rest while its volume was snapshotted.`,
    why: "Somebody started it meanwhile: another run of this, a release, an operator.",
    next: "Let only one of them work at a time, and run this again: that snapshot is not used.",
  });
}
