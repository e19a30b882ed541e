import { ActionError, type Context, type Report } from "@playbook/action";
import { type Loss, lossOf, startOrder } from "@playbook/backup";
import { checkFence, checkLoss } from "./judge.ts";
import { Nodes } from "./nodes.ts";
import { type Inputs, type Prepared, prepare } from "./prepare.ts";
import { Relayers } from "./relayers.ts";
import { reportOf } from "./summary.ts";
import { type Rendered, Target } from "./target.ts";
import { fillVolumes } from "./volumes.ts";

/** Restores the chain: the old validators are shut before anything of the new ones is there. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  const began = context.clock.now();
  checkFence(inputs.oldNamespace !== undefined || hasWay(inputs), inputs.fencedBecause);
  const prepared = await prepare(inputs, context);
  const { loss, relayers } = await fence(prepared, inputs, context);
  const { kube, bucket, backup } = prepared;
  await using target = await Target.open(kube, inputs, context);
  const sets = await target.sets();
  await target.install();
  await fillVolumes({ kube, bucket, manifest: backup.manifest, inputs, context }, sets);
  const height = await startAll(prepared, target, sets, inputs, context);
  await relayers?.pause(inputs.fenceTimeout);
  await target.handOver();
  const paused = (await relayers?.names()) ?? [];
  const resumed = inputs.resumeRelayers ? ((await relayers?.resume()) ?? []) : [];
  const took = context.clock.now() - began;
  return reportOf(prepared, { loss, height, took, inputs, relayers: { paused, resumed } });
}

function hasWay({ oldCluster, oldKubeconfig, oldKubeContext }: Inputs): boolean {
  return [oldCluster, oldKubeconfig, oldKubeContext].some(Boolean);
}

type Fenced = { loss: Loss; relayers: Relayers | null };

/** What is lost, once nobody can sign for the old chain any more and nobody relays what is lost. */
async function fence(
  { old, backup, kube }: Prepared,
  inputs: Inputs,
  context: Context,
): Promise<Fenced> {
  const { manifest } = backup;
  const { acceptLoss, fencedBecause, fenceTimeout, run } = inputs;
  const judge = async (loss: Loss): Promise<Fenced> => {
    checkLoss(manifest, loss, acceptLoss);
    if (loss.known && loss.blocks === 0) return { loss, relayers: null };
    const clusters = [kube, ...(old ? [old.kube] : [])];
    const relayers = new Relayers(clusters, inputs.relayers, context);
    await relayers.pause(fenceTimeout);
    return { loss, relayers };
  };
  if (!old) {
    context.warn(`The old validators are taken for gone: ${fencedBecause}`);
    return judge(lossOf(manifest.block, null));
  }
  await old.scene();
  await judge(lossOf(manifest.block, await old.head()));
  await old.shut(run, fenceTimeout);
  return judge(lossOf(manifest.block, await old.head()));
}

/**
 * First the node without a vote: what it says is looked at before anybody signs. Then as few
 * validators as make blocks, then the others.
 */
async function startAll(
  { kube, backup, old }: Prepared,
  target: Target,
  sets: readonly Rendered[],
  inputs: Inputs,
  context: Context,
): Promise<number> {
  const nodes = new Nodes(kube, inputs, backup.manifest, context);
  const podOf = ({ name }: Rendered) => `${name}-0`;
  const [sync] = sets.filter(({ validator }) => validator === null);
  if (!sync) throw noSyncNode(inputs.release);
  try {
    await target.start(sync.name);
    await nodes.agreed([podOf(sync)]);
    const set = await nodes.validators(podOf(sync));
    const { first, rest } = startOrder(set);
    const started = [sync];
    let height = 0;
    for (const group of [first, rest]) {
      const own = sets.filter(({ validator }) => validator !== null && group.includes(validator));
      await old?.checkShut();
      for (const each of own) await target.start(each.name);
      started.push(...own);
      context.progress(`${own.map(({ name }) => name).join(", ")} are started.`);
      height = await nodes.advance(started.map(podOf));
    }
    await old?.checkShut();
    return height;
  } catch (error) {
    if (isFatal(error)) for (const { name } of sets) await target.stop(name);
    throw error;
  }
}

const FATAL = ["restored-differs", "restored-splits", "old-cluster-signs"];

function isFatal(error: unknown): boolean {
  return error instanceof ActionError && FATAL.includes(error.code);
}

function noSyncNode(release: string): ActionError {
  return new ActionError("no-sync-node", {
    what: `The values of ${release} have no sync node.`,
    why: "What was restored is looked at on a node without a vote, before any validator signs.",
    next: "Enable the chart's `syncNode`.",
  });
}
