import { ActionError, type Context, reason } from "@playbook/action";
import { type Failure, headOf, type Policy, type View } from "@playbook/bft";
import { until } from "@playbook/kube";
import {
  align,
  claim,
  type Entry,
  holdAll,
  isObserved,
  Rollout,
  type RolloutRecord,
} from "@playbook/rollout";
import { dataFitOf } from "./preflight/version.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import type { Way } from "./way.ts";

/** A node in step is at most so many blocks behind, or so many milliseconds' worth of blocks. */
const LAG = { blocks: 2, ms: 3_000 };

/** For a controller to replace a pod that it may replace. */
const CONTROLLER_MS = 20_000;

/**
 * Axon looks every ten seconds whom to dial, and leaves one alone for a while that did not answer.
 */
const DIALLING_MS = 90_000;

type Parts = { record: RolloutRecord; entry: Entry; way: Way };

type Sight = { view: View; stoppedAfter: number | undefined };

/** What comes before the first validator is let go, or after all were stopped and started. */
export class Beginning {
  readonly #prepared: Prepared;
  readonly #inputs: Inputs;
  readonly #context: Context;
  readonly #record: RolloutRecord;
  readonly #way: Way;
  #entry: Entry;
  #cause: Failure | null = null;

  constructor(prepared: Prepared, inputs: Inputs, context: Context, { record, entry, way }: Parts) {
    this.#prepared = prepared;
    this.#inputs = inputs;
    this.#context = context;
    this.#record = record;
    this.#way = way;
    this.#entry = entry;
  }

  /** The release is as it is to be, every pod is held, and the chain can be watched. */
  async rollout(): Promise<Rollout> {
    const { kube, release, observer, snapshots, scene } = this.#prepared;
    await claim(kube, scene.sets, this.#entry.run);
    const mended = await this.#alive(release.mend());
    if (mended) {
      this.#context.warn(`Helm had died at revision ${mended.revision}; it is marked as failed.`);
    }
    const rendered = await release.rendered();
    await this.#go();
    const sight = await this.#firstSight();
    // Of those that were stopped none is where it was: all of them are on their way.
    const there = this.#way.stopping ? [] : scene.sets.map(({ metadata }) => metadata.name);
    const { namespace } = this.#inputs;
    const own = { kube, namespace, observer, snapshots, record: this.#record };
    const takeBack = (entry: Entry) => this.#takeBack(entry);
    return new Rollout(
      { ...own, context: this.#context, rendered, before: new Set(there), takeBack },
      this.#policy(sight),
      this.#entry,
      this.#cause,
    );
  }

  async #go(): Promise<void> {
    const { stopping } = this.#way;
    const { direction, from } = this.#entry;
    if (direction === "back") return this.#takeBack();
    if (!stopping) return this.#goForward().catch((error) => this.#undo(error));
    const failure = await this.#alive(stopping.forward(from)).catch(withoutSnapshots);
    if (failure) await this.#turnBack(failure);
  }

  /** What Helm has left half applied is taken back, while every pod is held; else that it failed. */
  async #undo(error: unknown): Promise<void> {
    if (!(error instanceof ActionError) || !(await this.#isHalfApplied(error))) throw error;
    await this.#takeBack().catch((fault) => {
      this.#context.warn(`The release is not taken back: ${reason(fault)}`);
      throw error;
    });
    const why = `${error.what} ${error.why}`;
    await this.#turnBack({ code: "member-failed", id: null, why });
  }

  /** Of validators that an earlier run has changed not every one could go back. */
  async #isHalfApplied({ code }: ActionError): Promise<boolean> {
    const { release } = this.#prepared;
    const { from } = this.#entry;
    if (code !== "helm-failed" || from === 0) return false;
    const newest = (await release.revisions()).at(-1);
    if (!newest || newest.revision <= from || newest.status === "deployed") return false;
    return this.#isCompatible || (await release.deployed()) === from;
  }

  /** Also with what ran before an earlier run, which the pods may not tell any more. */
  get #isCompatible(): boolean {
    const { fit, to } = this.#prepared.version;
    const since = dataFitOf(this.#entry.was ?? null, to, this.#inputs.data ?? null);
    return fit === "compatible" && since === "compatible";
  }

  async #turnBack(failure: Failure): Promise<void> {
    this.#cause = failure;
    this.#context.warn(`The rollout turns back. ${failure.why}`);
    this.#entry = { ...this.#entry, direction: "back" };
    await this.#record.write(this.#entry);
    await this.#takeBack();
  }

  /** Helm's upgrade changes what is to be; every pod is held meanwhile. */
  async #goForward(): Promise<void> {
    const { kube, release, scene } = this.#prepared;
    if (await release.isApplied()) return;
    await holdAll(kube, scene.sets, await release.rendered());
    await align(kube, this.#inputs.namespace, await release.manifests());
    await this.#helm(release.upgrade());
    await this.#claimAgain(this.#entry);
  }

  /** There may be other sets than before; whose they are is for the record to say. */
  async #claimAgain(entry: Entry): Promise<void> {
    const { kube, observer } = this.#prepared;
    await this.#record.write(entry);
    await claim(kube, (await observer.scene()).sets, entry.run);
  }

  async #takeBack(entry = this.#entry): Promise<void> {
    const { kube, release, observer } = this.#prepared;
    const { from } = entry;
    const { stopping } = this.#way;
    if (stopping) {
      await this.#alive(stopping.back(from), entry);
      return this.#claimAgain(entry);
    }
    await this.#alive(release.mend(), entry);
    if (await release.isBackAt(from)) return;
    const { sets } = await observer.scene();
    await holdAll(kube, sets, await release.rendered());
    this.#context.progress(`The release goes back to revision ${from}; every pod is held.`);
    await align(kube, this.#inputs.namespace, await release.at(from));
    await this.#helm(release.rollback(from), entry);
  }

  /** When none of those that were stopped starts, all of them are taken back. */
  async #firstSight(): Promise<Sight> {
    const found = await this.#alive(this.#look()).catch((error) => this.#silence(error));
    if (!("code" in found)) return this.#noted(found);
    await this.#turnBack(found);
    return this.#noted(await this.#alive(this.#look()));
  }

  /** The block that all were stopped after is the one that was seen first. */
  async #noted({ view, stoppedAfter }: Sight): Promise<Sight> {
    if (stoppedAfter === undefined) return { view, stoppedAfter };
    if (this.#entry.stoppedAfter === undefined) {
      this.#entry = { ...this.#entry, stoppedAfter };
      await this.#record.write(this.#entry);
    }
    return { view, stoppedAfter: this.#entry.stoppedAfter };
  }

  /**
   * A chain that was just created has to make its first blocks before anything is known of it.
   * Throws `not-in-time`.
   */
  async #look(): Promise<Sight> {
    const once = async () => {
      try {
        return await this.#lookOnce();
      } catch (error) {
        if (isPassing(error, this.#context)) return null;
        throw error;
      }
    };
    const sight = await until(once, (seen) => seen !== null, {
      what: "a node answers",
      deadlineMs: this.#memberMs,
      context: this.#context,
    });
    if (!sight) throw new Error("A look that was awaited is not there.");
    return sight;
  }

  async #lookOnce(): Promise<Sight | null> {
    const { observer } = this.#prepared;
    const { stopping } = this.#way;
    const { direction, from } = this.#entry;
    const scene = await observer.scene();
    if (!scene.sets.every(isObserved)) return null;
    const why = direction === "forward" && (await stopping?.troubleIn(scene));
    if (why) throw new Hopeless(why);
    const { view } = await observer.look(scene);
    const head = headOf(view.commits, view.nodes);
    return { view, stoppedAfter: await stopping?.lastBefore(head, from) };
  }

  #silence(error: unknown): Failure {
    const turns = this.#way.stopping !== undefined && this.#entry.direction === "forward";
    const isLate = error instanceof ActionError && error.code === "not-in-time";
    if (!turns || !(isLate || error instanceof Hopeless)) throw error;
    return { code: "member-failed", id: null, why: isLate ? error.what : error.message };
  }

  #policy({ view, stoppedAfter }: Sight): Omit<Policy, "window"> {
    const { inputs, stopping, late } = { inputs: this.#inputs, ...this.#way };
    const interval = Math.max(1, view.timing.interval);
    const reversible = stopping ? stoppedAfter !== undefined : this.#isCompatible;
    return {
      budget: inputs.deadline,
      member: this.#memberMs,
      patience: stopping ? this.#memberMs : inputs.patience,
      dialling: DIALLING_MS,
      controller: CONTROLLER_MS,
      lag: Math.max(LAG.blocks, Math.ceil(LAG.ms / interval)),
      reversible: reversible && this.#entry.from > 0,
      stoppedAfter,
      mayLose: stoppedAfter !== undefined && stopping?.acceptLoss === stoppedAfter,
      late,
    };
  }

  get #memberMs(): number {
    return this.#way.member ?? this.#inputs.validatorTimeout;
  }

  #alive<Done>(work: Promise<Done>, entry = this.#entry): Promise<Done> {
    return this.#record.during(entry, work);
  }

  /** Hooks take minutes. Helm is let end whatever becomes of this run: it would leave half of it. */
  async #helm<Done>(work: Promise<Done>, entry = this.#entry): Promise<Done> {
    try {
      return await this.#alive(work, entry);
    } finally {
      await work.catch(() => undefined);
    }
  }
}

/** None of those that were stopped will start. */
class Hopeless extends Error {}

/**
 * All were stopped for nothing: as no snapshot keeps what they have, none is started with another
 * version.
 */
function withoutSnapshots(error: unknown): Failure {
  if (!(error instanceof ActionError) || error.code !== "snapshot-failed") throw error;
  return { code: "member-failed", id: null, why: `${error.what} ${error.why}` };
}

/** A node that does not answer yet, or says nonsense, may do better at the next look. */
function isPassing(error: unknown, { signal }: Context): boolean {
  if (signal.aborted || error instanceof Hopeless) return false;
  return !(error instanceof ActionError) || error.code === "rpc-silent";
}
