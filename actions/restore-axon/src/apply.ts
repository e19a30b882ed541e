import type { Context, Report } from "@playbook/action";
import { type Loss, lossOf } from "@playbook/backup";
import { GENESIS, isFilledWith, type VolumeParts } from "./claim.ts";
import { checkGenesis } from "./genesis.ts";
import { checkFence, checkLoss } from "./judge.ts";
import { type Inputs, type Prepared, prepare } from "./prepare.ts";
import { checkReady } from "./ready.ts";
import { Relayers } from "./relayers.ts";
import { renewSync, startChain } from "./start.ts";
import { reportOf } from "./summary.ts";
import { fillVolumes } from "./volumes.ts";

/** Restores the chain: the old validators are shut before anything of the new ones is there. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  const began = context.clock.now();
  checkFence(inputs.oldNamespace !== undefined || hasWay(inputs), inputs.fencedBecause);
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, stack, context);
  await checkReady(prepared, inputs, context);
  await checkGenesis(prepared, context);
  const { loss, relayers } = await fence(prepared, inputs, context);
  const { kube, bucket, backup, target } = prepared;
  await target.install();
  const parts = { kube, bucket, manifest: backup.manifest, inputs, context };
  await fillAll(prepared, parts);
  const starting = { prepared, parts, inputs, context };
  const height = await startChain(starting);
  await relayers?.pause(inputs.fenceTimeout);
  await target.handOver();
  await prepared.old?.retire(inputs.run);
  const paused = (await relayers?.names()) ?? [];
  const resumed = inputs.resumeRelayers ? ((await relayers?.resume()) ?? []) : [];
  const took = context.clock.now() - began;
  await renewSync(starting);
  return reportOf(prepared, { loss, height, took, inputs, relayers: { paused, resumed } });
}

/** The backup is put on one volume, from which all others catch up. */
async function fillAll(prepared: Prepared, parts: VolumeParts): Promise<void> {
  const { backup, base, validators, sync, servers } = prepared;
  const begin = base?.manifest ?? null;
  const isRenewed = await isFilledWith(parts, sync, begin?.id ?? GENESIS);
  await fillVolumes(parts, [
    { set: sync, content: isRenewed ? begin : backup.manifest },
    ...[...validators, ...servers].map((set) => ({ set, content: begin })),
  ]);
}

function hasWay({ oldCluster, oldKubeconfig, oldKubeContext }: Inputs): boolean {
  return [oldCluster, oldKubeconfig, oldKubeContext].some(Boolean);
}

type Fenced = { loss: Loss; relayers: Relayers | null };

/** What is lost, once nobody can sign for the old chain any more and nobody relays what is lost. */
async function fence(
  { old, backup, kube, destination }: Prepared,
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
  const shutting = { run, destination, because: fencedBecause, deadlineMs: fenceTimeout };
  await old.shut(shutting);
  const after = await old.head(manifest);
  // What is left to answer may be behind those that are shut.
  const isBehind = before && after && after.height < before.height;
  return judge(lossOf(manifest.block, isBehind ? before : after));
}
