import { randomUUID } from "node:crypto";
import { ActionError, type Context } from "@playbook/action";
import type { Policy } from "@playbook/bft";
import { until } from "@playbook/kube";
import {
  claim,
  type Entry,
  holdAll,
  isObserved,
  type Result,
  Rollout,
  RolloutRecord,
} from "@playbook/rollout";
import { removeLeftovers } from "./leftovers.ts";
import type { Inputs, Prepared } from "./prepare.ts";

/** A node in step is at most so many blocks behind, or so many milliseconds' worth of blocks. */
const LAG = { blocks: 2, ms: 3_000 };

/** For a controller to replace a pod that it may replace. */
const CONTROLLER_MS = 20_000;

/** What else a rollout has to know. */
export type Way = {
  /** What is done when it is too late for the fork that the validators are prepared for. */
  late?: Policy["late"];
  /** Helm's revision to go back to; the default is the one that is deployed. */
  from?: number | undefined;
};

/** Brings a release about: one validator at a time, never fewer votes than commit a block. */
export async function rollOut(
  prepared: Prepared,
  inputs: Inputs,
  context: Context,
  { late, from }: Way = {},
): Promise<Result> {
  const { namespace, release } = inputs;
  const record = await RolloutRecord.open(prepared.kube, { namespace, release }, context);
  const entry = await entryOf(prepared, inputs, record, from);
  await record.begin(entry);
  const rollout = await begun(prepared, inputs, context, { record, entry, late }).catch(
    async (error) => {
      await record.leave(entry);
      throw error;
    },
  );
  const result = await rollout.run();
  if (result.outcome === "done") await clear(prepared, inputs);
  return result;
}

async function clear({ kube, release }: Prepared, inputs: Inputs): Promise<void> {
  await removeLeftovers(kube, inputs, await release.manifests());
}

type Begun = { record: RolloutRecord; entry: Entry; late: Policy["late"] };

/** The release is as it is to be, every pod is held, and the chain can be watched. */
async function begun(
  prepared: Prepared,
  inputs: Inputs,
  context: Context,
  { record, entry, late }: Begun,
): Promise<Rollout> {
  const { kube, release, observer, snapshots, scene, version } = prepared;
  await claim(kube, scene.sets, entry.run);
  const mended = await release.mend();
  if (mended) context.warn(`Helm had died at revision ${mended.revision}; it is marked as failed.`);
  const rendered = await release.rendered();
  const takeBack = () => takeBackTo(entry.from, prepared, context);
  if (entry.direction === "back") await takeBack();
  else await goForward(prepared, entry);
  const { block } = await firstBlock(prepared, inputs, context);
  const interval = Math.max(1, block.view.timing.interval);
  const policy = {
    budget: inputs.deadline,
    member: inputs.validatorTimeout,
    patience: inputs.patience,
    controller: CONTROLLER_MS,
    lag: Math.max(LAG.blocks, Math.ceil(LAG.ms / interval)),
    reversible: version.fit === "compatible" && entry.from > 0,
    late,
  };
  const before = new Set(scene.sets.map(({ metadata }) => metadata.name));
  const { namespace } = inputs;
  const own = { kube, namespace, observer, snapshots, record, context };
  return new Rollout({ ...own, rendered, before, takeBack }, policy, entry);
}

/** A run that died goes on as it went: forward, or back. */
async function entryOf(
  { release }: Prepared,
  { run }: Inputs,
  record: RolloutRecord,
  from: number | undefined,
): Promise<Entry> {
  const { unfinished } = record;
  return {
    run: `${run}, ${randomUUID().slice(0, 8)}`,
    direction: unfinished?.direction ?? "forward",
    from: from ?? unfinished?.from ?? (await release.deployed()),
    outcome: "",
  };
}

/** Helm's upgrade changes what is to be; every pod is held meanwhile. */
async function goForward(prepared: Prepared, { run }: Entry): Promise<void> {
  const { kube, release, observer, scene } = prepared;
  if (await release.isApplied()) return;
  await holdAll(kube, scene.sets, await release.rendered());
  await release.upgrade();
  const { sets } = await observer.scene();
  await claim(kube, sets, run);
}

async function takeBackTo(revision: number, prepared: Prepared, context: Context): Promise<void> {
  const { kube, release, observer } = prepared;
  await release.mend();
  const newest = (await release.history()).at(-1);
  if (newest?.status === "deployed" && newest.description === `Rollback to ${revision}`) return;
  const { sets } = await observer.scene();
  await holdAll(kube, sets, await release.rendered());
  context.progress(`The release goes back to revision ${revision}; every pod is held.`);
  await release.rollback(revision);
}

/** A chain that was just created has to make its first blocks before anything is known of it. */
async function firstBlock(prepared: Prepared, inputs: Inputs, context: Context) {
  const { observer } = prepared;
  const block = await until(
    async () => {
      const scene = await observer.scene();
      if (!scene.sets.every(isObserved)) return null;
      return observer.look(scene).catch((error) => {
        if (context.signal.aborted || error instanceof ActionError) throw error;
        return null;
      });
    },
    (seen) => seen !== null,
    { what: "a node answers", deadlineMs: inputs.validatorTimeout, context },
  );
  if (!block) throw new Error("A look that was awaited is not there.");
  return { block };
}
