import type { Context, Report } from "@playbook/action";
import {
  type Beginning,
  Bucket,
  isWhole,
  type Manifest,
  manifestOf,
  placeOf,
  written,
} from "@playbook/backup";
import { begin } from "./begin.ts";
import { type CopyParts, clear, copy } from "./copy.ts";
import { awaitInStep } from "./in-step.ts";
import { seeLock } from "./lock.ts";
import { type Inputs, type Prepared, prepare } from "./prepare.ts";
import { prune, pruneSnapshots } from "./prune.ts";
import { backupOf, downOf, Snapshots } from "./snapshot.ts";
import { reportOf } from "./summary.ts";
import type { Parts } from "./take.ts";
import { checkVotes } from "./votes.ts";

/** Backs the chain up: a run that died is gone on with, after its node was started again. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  const prepared = await prepare(inputs, context);
  await startAgain(prepared, context);
  const bucket = await Bucket.toWrite(prepared.backups);
  await seeLock(bucket, context);
  const { kube, source } = prepared;
  source.checkSingle();
  await checkVotes(kube, source, inputs, context);
  const snapshots = new Snapshots(kube, inputs, context);
  await awaitInStep(kube, source, inputs, context);
  const began = context.clock.now();
  const parts = { kube, bucket, source, snapshots, inputs, context };
  const manifest = await finish(parts, await begin(parts));
  const fates = await prune(bucket, inputs, context);
  const whole = (await bucket.catalogue()).filter(isWhole).map(({ id }) => id);
  await pruneSnapshots(snapshots, inputs.keepSnapshots, new Set(whole));
  return reportOf(manifest, {
    fates,
    took: context.clock.now() - began,
    location: bucket.store.location,
  });
}

/** First of all: a node that a run before has stopped runs again. */
async function startAgain({ source }: Prepared, context: Context): Promise<void> {
  const { stopped } = source;
  if (!stopped) return;
  context.warn(
    `${source.name} was stopped for ${stopped.backup} by a run that ended: it is started.`,
  );
  await source.start();
}

async function finish(parts: CopyParts & Parts, begun: Beginning): Promise<Manifest> {
  const { bucket, snapshots, context } = parts;
  const { id } = begun;
  const snapshot = await snapshots.ready(id);
  const contents = await copy(parts, begun, snapshot.name);
  const taken = (await snapshots.all()).find((each) => backupOf(each) === id);
  const downMs = (taken && downOf(taken)) ?? 0;
  const finishedAt = new Date(context.clock.now()).toISOString();
  const manifest = manifestOf(begun, contents, { finishedAt, downMs, snapshot });
  await bucket.store.create(placeOf(id).manifest, written(manifest));
  await clear(parts);
  return manifest;
}
