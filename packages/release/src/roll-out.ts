import { randomUUID } from "node:crypto";
import { ActionError, type Context } from "@playbook/action";
import type { Failure, Policy } from "@playbook/bft";
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

/** Between two signs of life, in milliseconds. */
const BEAT_MS = 1_000;

/** Stops all validators and starts them, where two versions cannot run side by side. */
export type Stopping = {
  /** `from` is Helm's revision before it. What keeps all from starting, or null. */
  forward(from: number): Promise<Failure | null>;
  back(from: number): Promise<void>;
};

/** What else a rollout has to know. */
export type Way = {
  /** All are changed at once, in this way. */
  stopping?: Stopping;
  /** For one validator to vote again, in milliseconds; the default is the input's. */
  member?: number;
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
  way: Way = {},
): Promise<Result> {
  const { namespace, release } = inputs;
  const record = await RolloutRecord.open(prepared.kube, { namespace, release }, context);
  const entry = await entryOf(prepared, inputs, record, way.from);
  await record.begin(entry);
  const rollout = await begun(prepared, inputs, context, { record, entry, way }).catch(
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

type Begun = { record: RolloutRecord; entry: Entry; way: Way };

/** The release is as it is to be, every pod is held, and the chain can be watched. */
async function begun(
  prepared: Prepared,
  inputs: Inputs,
  context: Context,
  { record, entry: first, way }: Begun,
): Promise<Rollout> {
  const { kube, release, observer, snapshots, scene, version } = prepared;
  let entry = first;
  await claim(kube, scene.sets, entry.run);
  const mended = await release.mend();
  if (mended) context.warn(`Helm had died at revision ${mended.revision}; it is marked as failed.`);
  const rendered = await release.rendered();
  const { stopping, late, member = inputs.validatorTimeout } = way;
  const alive = <Done>(work: Promise<Done>) =>
    whileBeating(work, () => record.beat(entry), context);
  const takeBack = () =>
    stopping ? alive(stopping.back(first.from)) : takeBackTo(first.from, prepared, context);
  let cause: Failure | null = null;
  if (entry.direction === "back") await takeBack();
  else if (!stopping) await goForward(prepared, entry);
  else cause = await alive(stopping.forward(entry.from));
  if (cause) {
    context.warn(`The jump turns back. ${cause.why}`);
    entry = { ...entry, direction: "back" };
    await record.write(entry);
    await takeBack();
  }
  const { block } = await firstBlock(prepared, inputs, context);
  const interval = Math.max(1, block.view.timing.interval);
  const policy = {
    budget: inputs.deadline,
    member,
    patience: inputs.patience,
    controller: CONTROLLER_MS,
    lag: Math.max(LAG.blocks, Math.ceil(LAG.ms / interval)),
    reversible: (version.fit === "compatible" || stopping !== undefined) && entry.from > 0,
    late,
  };
  // Of those that were stopped none is where it was: all of them are on their way.
  const before = new Set(stopping ? [] : scene.sets.map(({ metadata }) => metadata.name));
  const { namespace } = inputs;
  const own = { kube, namespace, observer, snapshots, record, context };
  return new Rollout({ ...own, rendered, before, takeBack }, policy, entry, cause);
}

/** Says that the run is alive, for as long as something takes. */
async function whileBeating<Done>(
  work: Promise<Done>,
  beat: () => Promise<void>,
  { clock, signal }: Context,
): Promise<Done> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  const beating = async () => {
    while (!over) {
      await beat();
      await clock.sleep(BEAT_MS, signal);
    }
    return done;
  };
  return Promise.race([done, beating()]);
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
  if (await release.isBackAt(revision)) return;
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
