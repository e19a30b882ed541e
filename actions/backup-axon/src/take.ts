import { ActionError, type Context } from "@playbook/action";
import { type Beginning, idFor, placeOf, written } from "@playbook/backup";
import { findRelease, type KubeClient } from "@playbook/kube";
import type { Store } from "@playbook/state";
import { awaitInStep } from "./in-step.ts";
import type { Inputs } from "./prepare.ts";
import type { Snapshots } from "./snapshot.ts";
import type { Source } from "./source.ts";
import { checkVotes } from "./votes.ts";

export type Parts = {
  kube: KubeClient;
  store: Store;
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
  const { kube, store, source, snapshots, inputs, context } = parts;
  await checkVotes(kube, source, inputs, context);
  const begun = await beginningOf(parts);
  const { id, block } = begun;
  await store.create(placeOf(id).begun, written(begun));
  context.progress(`Backup ${id}: ${source.pod} is stopped at block ${block.height}.`);
  const from = context.clock.now();
  let whole = false;
  try {
    await source.refresh();
    await source.stop(id);
    const { generation } = source;
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

async function beginningOf({ kube, source, inputs, context }: Parts): Promise<Beginning> {
  using node = source.rpc();
  const [chain, block, spec, image] = await Promise.all([
    node.chain(),
    node.block("latest"),
    source.chainSpec(),
    source.image(),
  ]);
  if (!block) throw new Error("A node that is in step has a newest block.");
  const { parentHash: _, ...last } = block;
  const { namespace, release, run } = inputs;
  const now = context.clock.now();
  const newest = (await findRelease(kube, { name: release, namespace }, ["configmap"])).at(-1);
  return {
    id: idFor(now, block.height),
    begunAt: new Date(now).toISOString(),
    run,
    chain: { ...chain, spec },
    block: last,
    source: {
      ...{ cluster: kube.connection.cluster, namespace, release, pod: source.pod, image },
      chart: source.chart,
      revision: newest?.revision ?? 0,
    },
  };
}

function disturbed(name: string): ActionError {
  return new ActionError("backup-disturbed", {
    what: `${name} was not at rest while its volume was snapshotted.`,
    why: "Somebody started it meanwhile: another run of this, a release, an operator.",
    next: "Let only one of them work at a time, and run this again: that snapshot is not used.",
  });
}
