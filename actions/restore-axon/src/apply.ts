import { ActionError, type Context, type Report } from "@playbook/action";
import { type Loss, lossOf, proposalText } from "@playbook/backup";
import { checkFence, checkLoss } from "./judge.ts";
import { Nodes } from "./nodes.ts";
import { type Inputs, type Prepared, prepare } from "./prepare.ts";
import { checkReady, orderOf } from "./ready.ts";
import { Relayers } from "./relayers.ts";
import { reportOf } from "./summary.ts";
import type { Rendered } from "./target.ts";
import { fillVolumes } from "./volumes.ts";

/** Restores the chain: the old validators are shut before anything of the new ones is there. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  const began = context.clock.now();
  checkFence(inputs.oldNamespace !== undefined || hasWay(inputs), inputs.fencedBecause);
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, stack, context);
  await checkReady(prepared, inputs);
  const proposing = proposalText(prepared.backup.manifest);
  if (proposing) context.warn(proposing);
  const { loss, relayers } = await fence(prepared, inputs, context);
  const { kube, bucket, backup, target, validators, sync } = prepared;
  await target.install();
  const parts = { kube, bucket, manifest: backup.manifest, inputs, context };
  await fillVolumes(parts, [...validators, sync]);
  const height = await startAll(prepared, inputs, context);
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
  const before = await old.head(manifest);
  await judge(lossOf(manifest.block, before));
  await old.shut(run, fenceTimeout);
  const after = await old.head(manifest);
  // What is left to answer may be behind those that are shut.
  const isBehind = before && after && after.height < before.height;
  return judge(lossOf(manifest.block, isBehind ? before : after));
}

/**
 * First the node without a vote: what it says is looked at before anybody signs. Then as few
 * validators as make blocks, then the others.
 */
async function startAll(
  { kube, backup, old, target, validators, sync }: Prepared,
  inputs: Inputs,
  context: Context,
): Promise<number> {
  const nodes = new Nodes(kube, inputs, backup.manifest, context);
  const podOf = ({ name }: Rendered) => `${name}-0`;
  try {
    await target.start(sync.name);
    await nodes.agreed([podOf(sync)]);
    const { first, rest } = orderOf(await nodes.validators(podOf(sync)), validators);
    const started = [sync];
    let height = 0;
    for (const group of [first, rest]) {
      const own = validators.filter(({ validator }) => validator && group.includes(validator));
      await old?.checkShut();
      for (const each of own) await target.start(each.name);
      started.push(...own);
      context.progress(`${own.map(({ name }) => name).join(", ")} are started.`);
      height = await nodes.advance(started.map(podOf));
    }
    await old?.checkShut();
    return height;
  } catch (error) {
    if (isFatal(error)) for (const { name } of [...validators, sync]) await target.stop(name);
    throw error;
  }
}

const FATAL = ["restored-differs", "restored-splits", "old-cluster-signs"];

function isFatal(error: unknown): boolean {
  return error instanceof ActionError && FATAL.includes(error.code);
}
