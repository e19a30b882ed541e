import { ActionError, type Context, type Report } from "@playbook/action";
import { type Fork, headOf, type Schedule } from "@playbook/bft";
import {
  admit,
  findingsOf,
  type Prepared,
  pendingForkIn,
  planOf,
  prepare,
  reportOf,
  rollOut,
  type StatefulSet,
} from "@playbook/release";
import type { Result } from "@playbook/rollout";
import { seeBackup } from "../backup.ts";
import { goesOnForking, unfinishedOf } from "../begun.ts";
import { rights } from "../rights.ts";
import type { Inputs } from "../run.ts";
import { seeAble } from "./able.ts";
import { chooseFork, determined } from "./choose.ts";
import { follow } from "./follow.ts";
import { nodesAmong } from "./nodes.ts";
import { statusOf } from "./statuses.ts";
import { forkText, offReport } from "./summary.ts";

/** How often a fork is moved before it is called off. */
const MOVES = 3;

/** For a node to say how it stands with a fork, in milliseconds: without it nothing is begun. */
const ASK_MS = 60_000;

type Target = Pick<Fork, "height" | "latest">;

/**
 * A hard fork: every validator is prepared, one at a time, for a block that leaves time enough, and
 * all nodes are seen to follow it. What gets too late is called off, or moved to another block.
 */
export async function fork(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const before = await prepare(inputs, context, { ...rights, stack });
  if (before.scene.sets.length === 0) throw noChain(inputs.release);
  const { view } = await before.observer.meet(before.scene);
  seeSameBuild(before);
  const standing = await statusOf(inputs.features, asker(before));
  if (standing === "enabled") {
    return inputs.mode === "plan"
      ? enabledAlready(inputs.features)
      : await report(null, before, inputs, context);
  }
  const pending = pendingForkIn(before.scene.sets as StatefulSet[]);
  const begun = await unfinishedOf(before, inputs, context);
  // What is prepared has a block to reach, or to be called off before: no backup is waited for.
  if (!goesOnForking(begun, pending, headOf(view.commits, view.nodes)))
    await seeBackup(before, inputs, context);
  const isSettled = standing === "determined";
  if (isSettled && !pending) throw determined(inputs.features);
  return await prepareFork({ before, isSettled }, inputs, context, stack);
}

/** Where a fork begins: the release as it is, and whether the chain has determined the fork. */
type Start = { before: Prepared; isSettled: boolean; isMoved?: boolean };

/** Prepares the validators, for another block if it gets too late for the first one. */
async function prepareFork(
  { before, isSettled }: Start,
  inputs: Inputs,
  context: Context,
  stack: AsyncDisposableStack,
): Promise<Report> {
  let chosen = inputs;
  for (let move = 0; ; move += 1) {
    const target = await targetOf({ before, isSettled, isMoved: move > 0 }, chosen, context);
    const prepared = await prepare(withFork(chosen, target), context, { ...rights, stack });
    const { height, latest } = target;
    const status = (ask: Parameters<typeof statusOf>[1]) => statusOf(inputs.features, ask);
    prepared.observer.watch({ height, latest, status });
    const findings = await findingsOf(prepared, inputs, { kind: "fork" });
    if (inputs.mode === "plan") return planned(target, prepared, findings, inputs);
    admit(findings, context);
    context.progress(
      `The fork is to be at block ${height}; nobody is prepared after block ${latest}.`,
    );
    const canMove = inputs.whenLate === "move" && move < MOVES;
    const late = canMove ? "pause" : "turn-back";
    const result = await rollOut(prepared, chosen, context, { late });
    const isLate = result.failure?.code === "fork-late";
    if (isLate && result.outcome === "paused" && canMove) {
      context.warn(`The fork is moved. ${result.failure?.why}`);
      chosen = { ...inputs, forkHeight: undefined };
      before = prepared;
      continue;
    }
    const told = reportOf(result, prepared, findings);
    if (result.outcome !== "done") return offReport(told, result, target);
    return report({ told, result, target }, prepared, inputs, context);
  }
}

/**
 * Waits for the fork's block and reports. Of a fork of long ago nodes have to have the newest
 * block.
 */
async function report(
  done: { told: Report; result: Result; target: Target } | null,
  { kube, scene, observer }: Prepared,
  inputs: Inputs,
  context: Context,
): Promise<Report> {
  const { namespace, rpcPort: port, patience } = inputs;
  const isOfChain = nodesAmong(scene.sets, inputs);
  const since = done?.target.height ?? pendingForkIn(scene.sets as StatefulSet[])?.height ?? null;
  const height = since ?? (await headSeen(observer));
  const status = (ask: Parameters<typeof statusOf>[1]) => statusOf(inputs.features, ask);
  const following = { namespace, isOfChain, port, height, status, patience };
  const nodes = await follow(kube, following, context);
  const { told = { outputs: { outcome: "done" }, summary: "" } } = done ?? {};
  const head = Math.max(...nodes.map((node) => node.height ?? 0));
  return {
    ...told,
    outputs: { ...told.outputs, height: head, "fork-height": since ?? "" },
    summary: `${forkText(inputs.features, { since, same: height }, nodes)}\n\n${told.summary ?? ""}`,
  };
}

async function headSeen(observer: Prepared["observer"]): Promise<number> {
  const { view } = await observer.meet();
  return headOf(view.commits, view.nodes);
}

async function planned(
  { height, latest }: Target,
  prepared: Prepared,
  findings: Awaited<ReturnType<typeof findingsOf>>,
  { release }: Inputs,
): Promise<Report> {
  const plan = await planOf("Fork", release, prepared, findings);
  const text =
    `The fork would be at block **${height}**, chosen anew when it is applied; nobody would be ` +
    `prepared after block ${latest}.`;
  return {
    ...plan,
    outputs: { ...plan.outputs, "fork-height": height },
    summary: `${plan.summary}\n${text}\n`,
  };
}

/** Where the fork is to be, by where the chain is now. */
async function targetOf(
  { before, isSettled, isMoved = false }: Start,
  inputs: Inputs,
  context: Context,
): Promise<Target> {
  const { observer } = before;
  const { view, scene } = await observer.meet();
  const head = headOf(view.commits, view.nodes);
  await seeAble(head, 2 * view.set.length, asker(before));
  const pending = pendingForkIn(scene.sets as StatefulSet[]);
  const { validatorTimeout: member, prepareTime, margin, features, forkHeight: given } = inputs;
  const schedule: Schedule = {
    interval: view.timing.interval,
    prepare: prepareTime ?? view.members.length * member,
    member: Math.min(member, prepareTime ?? member),
    margin,
  };
  const target = chooseFork({ head, features, given, pending, isMoved, isSettled, schedule });
  if (pending && pending.height !== target.height && pending.height > head) {
    context.warn(
      `Validators are prepared for block ${pending.height}; it is ${target.height} now.`,
    );
  }
  return target;
}

function withFork(inputs: Inputs, { height }: Target): Inputs {
  const hardfork = { startNumber: height, features: [...inputs.features] };
  return { ...inputs, set: { ...inputs.set, hardfork } };
}

function asker({ observer }: Prepared) {
  const options = { deadlineMs: ASK_MS };
  return (method: string, params?: unknown[]) => observer.ask(method, params, options);
}

/** With one build on all nodes, nothing but the preparing can go wrong while they are prepared. */
function seeSameBuild({ version: { from, to } }: Prepared): void {
  if (from === to) return;
  throw new ActionError("fork-with-image", {
    what: `This release changes the image, too: ${from} → ${to}.`,
    why: "A build that fails would be found out when the fork may not be called off any more.",
    next: "Roll it out first (upgrade: rollout), to every node; then fork.",
  });
}

function enabledAlready(features: readonly string[]): Report {
  const text = `${features.join(", ")}: enabled already.`;
  return {
    outputs: { "can-apply": true, "fork-height": "" },
    summary: `## ${text}\n\nAn \`apply\` sees whether all nodes follow, and changes nothing.\n`,
  };
}

function noChain(release: string): ActionError {
  return new ActionError("no-chain", {
    what: `There is no chain of release ${release}.`,
    why: "None of its validators' sets is there.",
    next:
      "Install it with helm-rollout-axon; what the chain " +
      "begins with is `chain.genesis.hardforks`.",
  });
}
