import { ActionError, type Context, type Report } from "@playbook/action";
import { removed } from "@playbook/backup";
import { pods, type StatefulSet, statefulSets, until } from "@playbook/kube";
import {
  admit,
  findingsOf,
  type Manifest,
  type Prepared,
  planOf,
  prepare,
  reportOf,
  rollOut,
  type Stopping,
  statefulSets as setsAmong,
} from "@playbook/release";
import { type Ask, align, type Scene, selects, Troubles } from "@playbook/rollout";
import { seeBackup } from "../backup.ts";
import { unfinishedOf } from "../begun.ts";
import { rights } from "../rights.ts";
import type { Inputs } from "../run.ts";
import { lastBlockAt, pauseAfter } from "./outage.ts";
import { seeWhatIsNeeded, snapshotTime, takeSnapshots } from "./snapshots.ts";
import {
  followersVolumes,
  restoreFollowers,
  restoreVolumes,
  seeWayBack,
  type Volume,
  volumesOf,
} from "./volumes.ts";

/** For all nodes of a chain to be gone, beside what each is given to end. */
const GONE_MS = 10 * 60_000;

/**
 * A version that cannot run beside the one before it: all nodes are stopped, their volumes
 * snapshotted, and all started with it. When they make no block, all of that is undone.
 */
export async function jump(given: Inputs, context: Context): Promise<Report> {
  const inputs: Inputs = { ...given, data: given.data ?? "forward-only" };
  if (inputs.chart) throw otherChart(inputs.chart);
  await using stack = new AsyncDisposableStack();
  const up = await prepare(inputs, context, { ...rights, stack });
  const begun = await unfinishedOf(up, inputs, context);
  const goesOn = begun !== undefined;
  // On its way back there is a moment when no set is there, and nothing to be judged any more.
  const goesBack = begun?.direction === "back";
  if (up.scene.sets.length === 0 && !goesBack) throw noChain(inputs.release);
  seeWayBack(up.sets);
  // One that goes on was judged when it began: its chain may be stopped by now.
  const findings = goesBack
    ? []
    : await findingsOf(up, inputs, { mayBeSilent: goesOn, kind: "jump" });
  if (!goesOn) await seeBackup(up, inputs, context);
  if (inputs.mode === "plan") {
    const plan = await planOf("Jump", inputs.release, up, findings);
    return { ...plan, summary: `${plan.summary}\n${PLANNED}\n` };
  }
  admit(findings, context);
  const down = await prepare(stopped(inputs), context, { ...rights, stack });
  const stopping = new Switch(up, down, inputs, context);
  const result = await rollOut(up, inputs, context, { stopping, member: inputs.firstBlock });
  const told = reportOf(result, up, findings);
  const outage = await stopping.outage(result.seen.head);
  const unknown =
    result.was === up.version.to
      ? `Nothing had to be stopped: ${up.version.to} ran already.`
      : "How long the chain stood still is not known.";
  const text = outage === undefined ? unknown : `The chain stood still for **${outage} s**.`;
  return {
    ...told,
    outputs: { ...told.outputs, outage: outage ?? "unknown" },
    summary: `${told.summary}\n${text}\n`,
  };
}

const PLANNED =
  "All nodes would be stopped at once, their volumes snapshotted, and all be " +
  "started with the new version: the chain stands still for as long as that takes. " +
  "When no block comes, all of it is undone.";

function stopped(inputs: Inputs): Inputs {
  const rollout = (inputs.set.rollout ?? {}) as Record<string, unknown>;
  return { ...inputs, set: { ...inputs.set, rollout: { ...rollout, started: false } } };
}

/** Stops all and starts all, forward and back. Each part, done twice, is as done once. */
class Switch implements Stopping {
  readonly #up: Prepared;
  readonly #down: Prepared;
  readonly #inputs: Inputs;
  readonly #context: Context;
  readonly #troubles = new Troubles();
  #snapshotted: number | undefined;

  constructor(up: Prepared, down: Prepared, inputs: Inputs, context: Context) {
    this.#up = up;
    this.#down = down;
    this.#inputs = inputs;
    this.#context = context;
  }

  async forward(from: number): Promise<void> {
    if (await this.#up.release.isApplied()) return;
    const own = this.#volumes(from);
    // A cluster that knows no snapshots says so before anything is stopped, and who may not see all
    // of it.
    const taken = await snapshotTime(this.#place, own);
    await seeWhatIsNeeded(this.#place);
    await this.#stop();
    const others = await followersVolumes(this.#place, this.#followers, { revision: from, taken });
    await takeSnapshots(this.#place, [...own, ...others]);
    this.#context.progress("All volumes are snapshotted; all validators are started.");
    const { release } = this.#up;
    await this.#align(await release.manifests());
    await release.upgrade();
  }

  #align(manifests: Parameters<typeof align>[2]): Promise<void> {
    const { kube, namespace } = this.#place;
    return align(kube, namespace, manifests);
  }

  async back(from: number): Promise<void> {
    const { release } = this.#up;
    await release.mend();
    if (await release.isBackAt(from)) return;
    await this.#stop();
    // Where nobody was started with the new version, the volumes are what they were.
    if (!(await this.#down.release.isAllSince(from))) await this.#restore(from);
    await this.#forgetVersion();
    await this.#align(await release.at(from));
    await release.rollback(from);
  }

  async #restore(from: number): Promise<void> {
    const own = this.#volumes(from);
    const taken = await snapshotTime(this.#place, own);
    await restoreVolumes(this.#place, own);
    await restoreFollowers(this.#place, this.#followers, { revision: from, taken });
  }

  get acceptLoss(): number | undefined {
    return this.#inputs.acceptLoss;
  }

  /** What is younger than the snapshots was made by the new version. */
  async lastBefore(head: number, from: number): Promise<number | undefined> {
    this.#snapshotted = await snapshotTime(this.#place, this.#volumes(from));
    if (this.#snapshotted === undefined) return undefined;
    return lastBlockAt(this.#snapshotted, head, this.#ask);
  }

  /** How long no block was made, in seconds; undefined when it is not known, or is not over. */
  async outage(head: number): Promise<number | undefined> {
    if (this.#snapshotted === undefined) return undefined;
    try {
      const last = await lastBlockAt(this.#snapshotted, head, this.#ask);
      return last < head ? await pauseAfter(last, this.#ask) : undefined;
    } catch (error) {
      if (!isSilence(error)) throw error;
      return undefined;
    }
  }

  readonly #ask: Ask = (method, params) => this.#up.observer.ask(method, params);

  /** No node is left: no key is in two processes, and nobody writes into a volume. */
  async #stop(): Promise<void> {
    const { release } = this.#down;
    await release.mend();
    if (!(await release.isApplied())) {
      this.#context.progress("All nodes are stopped.");
      await this.#align(await release.manifests());
      await release.upgrade();
    }
    await until(
      () => this.#up.observer.scene(),
      ({ pods, sets }: Scene) => pods.length === 0 && sets.every(startsWanted),
      { what: "no validator runs", deadlineMs: GONE_MS, context: this.#context },
    );
    await until(
      () => this.#running(this.#followers),
      (running) => running.length === 0,
      { what: "no node runs", deadlineMs: GONE_MS, context: this.#context },
    );
  }

  async #running(sets: readonly Manifest[]) {
    const all = await this.#up.kube.list(pods, { namespace: this.#inputs.namespace });
    return all.filter(({ metadata }) =>
      sets.some((set) => selects(selectorOf(set), metadata.labels)),
    );
  }

  async troubleIn({ posts }: Scene): Promise<string | null> {
    const now = this.#context.clock.now();
    const { kube } = this.#up;
    const all = await Promise.all(posts.map((post) => this.#troubles.lastingAt(kube, post, now)));
    const [first] = all;
    return first && all.every(Boolean) ? first : null;
  }

  /**
   * A set starts a pod that its partition holds with the version that it had last. One that is made
   * anew has had none but its own.
   */
  async #forgetVersion(): Promise<void> {
    const { kube, observer } = this.#up;
    const { namespace } = this.#inputs;
    const { sets } = await observer.scene();
    for (const { metadata } of sets) {
      await removed(
        kube,
        { resource: statefulSets, name: metadata.name, namespace },
        this.#context,
      );
    }
  }

  #volumes(revision: number): Volume[] {
    return volumesOf(this.#up.sets, revision);
  }

  /** The sets of those who follow the chain: to serve it, or to copy it from. */
  get #followers(): Manifest[] {
    const { manifests, sets } = this.#up;
    const validators = new Set(sets.map(({ metadata }) => metadata.name));
    return setsAmong(manifests).filter(({ metadata }) => !validators.has(metadata.name));
  }

  get #place() {
    const { namespace, snapshotClass } = this.#inputs;
    return { kube: this.#up.kube, namespace, snapshotClass, context: this.#context };
  }
}

function selectorOf({ spec }: Manifest): Record<string, string> | undefined {
  return (spec as StatefulSet["spec"]).selector.matchLabels;
}

/**
 * A set that has no pods any more starts them with its newest template, once its controller says
 * so.
 */
function startsWanted({ metadata, status }: StatefulSet): boolean {
  const { observedGeneration = 0, currentRevision, updateRevision } = status ?? {};
  return observedGeneration >= (metadata.generation ?? 0) && currentRevision === updateRevision;
}

function isSilence(error: unknown): boolean {
  return error instanceof ActionError && error.code === "rpc-silent";
}

function otherChart(chart: string): ActionError {
  return new ActionError("jump-other-chart", {
    what: `A release of ${chart} cannot jump.`,
    why: "Only the own chart's values stop all validators: rollout.started.",
    next: "Roll it out (upgrade: rollout), or move the chain to the own chart first.",
  });
}

function noChain(release: string): ActionError {
  return new ActionError("no-chain", {
    what: `There is no chain of release ${release}.`,
    why: "None of its validators' sets is there.",
    next: "Install it with helm-rollout-axon.",
  });
}
