import { ActionError, type Context, type Report } from "@playbook/action";
import { type Failure, headOf } from "@playbook/bft";
import { type Pod, until } from "@playbook/kube";
import {
  admit,
  findingsOf,
  type Prepared,
  planOf,
  prepare,
  reportOf,
  rollOut,
  type Stopping,
} from "@playbook/release";
import { type Scene, Troubles } from "@playbook/rollout";
import { statements } from "../access.ts";
import { seeBackup } from "../backup.ts";
import type { Inputs } from "../run.ts";
import { outageOf } from "./outage.ts";
import { restoreVolumes, takeSnapshots, type Volume, volumesOf } from "./volumes.ts";

/** For all pods of a chain to be gone, beside what each is given to end. */
const GONE_MS = 10 * 60_000;

/**
 * A version that cannot run beside the one before it: all validators are stopped, their volumes
 * snapshotted, and all started with it. When they make no block, all of that is undone.
 */
export async function jump(given: Inputs, context: Context): Promise<Report> {
  const inputs: Inputs = { ...given, data: given.data ?? "forward-only" };
  if (inputs.chart) throw otherChart(inputs.chart);
  await using stack = new AsyncDisposableStack();
  const up = await prepare(inputs, context, { statements, stack });
  if (up.scene.sets.length === 0) throw noChain(inputs.release);
  const findings = await findingsOf(up, inputs);
  await seeBackup(up, inputs, context);
  if (inputs.mode === "plan") {
    const plan = await planOf("Jump", inputs.release, up, findings);
    return { ...plan, summary: `${plan.summary}\n${PLANNED}\n` };
  }
  admit(findings, context);
  const down = await prepare(stopped(inputs), context, { statements, stack });
  const outage = new Switch(up, down, inputs, context);
  const before = headOf([], (await lookOnce(up)).nodes);
  const way = { stopping: outage, member: inputs.firstBlock };
  const result = await rollOut(up, inputs, context, way);
  const told = reportOf(result, up, findings);
  const ask = (method: string, params?: unknown[]) => up.observer.ask(method, params);
  const found = await outageOf(result.seen.head, before - 1, ask);
  const text = found
    ? `The chain stood still for **${found.seconds} s**, after block ${found.after}.`
    : "How long the chain stood still is not known.";
  return {
    ...told,
    outputs: { ...told.outputs, outage: found?.seconds ?? "unknown" },
    summary: `${told.summary}\n${text}\n`,
  };
}

const PLANNED =
  "All validators would be stopped at once, their volumes snapshotted, and all be started with the new " +
  "version: the chain stands still for as long as that takes. When no block comes, all of it is undone.";

/** Where the chain is, as far as anybody answers: after a run that died it may be stopped. */
async function lookOnce({ observer, scene }: Prepared) {
  const seen = await observer.look(scene).catch(() => null);
  return seen?.view ?? { nodes: new Map() };
}

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

  constructor(up: Prepared, down: Prepared, inputs: Inputs, context: Context) {
    this.#up = up;
    this.#down = down;
    this.#inputs = inputs;
    this.#context = context;
  }

  async forward(from: number): Promise<Failure | null> {
    if (!(await this.#up.release.isApplied())) {
      await this.#stop();
      await takeSnapshots(this.#place, this.#volumes(from));
      this.#context.progress("All volumes are snapshotted; all validators are started.");
      await this.#up.release.upgrade();
    }
    return this.#answers();
  }

  async back(from: number): Promise<void> {
    const { release } = this.#up;
    await release.mend();
    if (await release.isBackAt(from)) return;
    await this.#stop();
    await restoreVolumes(this.#place, this.#volumes(from));
    await release.rollback(from);
  }

  /** No pod of a validator is left: no key is in two processes. */
  async #stop(): Promise<void> {
    const { release } = this.#down;
    await release.mend();
    if (!(await release.isApplied())) {
      this.#context.progress("All validators are stopped.");
      await release.upgrade();
    }
    await until(
      async () => (await this.#up.observer.scene()).pods,
      (pods: Pod[]) => pods.length === 0,
      { what: "no validator runs", deadlineMs: GONE_MS, context: this.#context },
    );
  }

  /** Whether any node comes up with it; null when one does. */
  async #answers(): Promise<Failure | null> {
    const { observer } = this.#up;
    const troubles = new Troubles();
    const troubleIn = ({ posts }: Scene) => {
      const now = this.#context.clock.now();
      const all = posts.map(({ pod }) => pod && troubles.lasting(pod, now));
      return all.every((each) => typeof each === "string") ? (all[0] ?? null) : null;
    };
    const look = async () => {
      const scene = await observer.scene();
      const view = await observer.look(scene).catch((error) => {
        if (this.#context.signal.aborted || isRefusal(error)) throw error;
        return null;
      });
      return { view, trouble: troubleIn(scene) };
    };
    const { firstBlock: deadlineMs } = this.#inputs;
    const what = "a validator answers";
    const end = ({ view, trouble }: Awaited<ReturnType<typeof look>>) =>
      view !== null || trouble !== null;
    const { view, trouble } = await until(look, end, {
      what,
      deadlineMs,
      context: this.#context,
    }).catch((error) => {
      if (!(error instanceof ActionError) || error.code !== "not-in-time") throw error;
      return { view: null, trouble: error.why };
    });
    if (view) return null;
    return { code: "member-failed", id: null, why: trouble ?? "No validator answers." };
  }

  #volumes(revision: number): Volume[] {
    return volumesOf(this.#up.sets, revision);
  }

  get #place() {
    const { namespace, snapshotClass } = this.#inputs;
    return { kube: this.#up.kube, namespace, snapshotClass, context: this.#context };
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ActionError && error.code === "kube-forbidden";
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
