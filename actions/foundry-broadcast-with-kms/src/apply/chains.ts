import { ActionError, later } from "@playbook/action";
import { all } from "@playbook/broadcast";
import {
  type ChainDone,
  type Deployment,
  type DeploymentRecord,
  type DeploymentState,
  deploymentName,
  givenUp,
  isGivenUp,
  type Plan,
  type PlannedChain,
  planDigest,
} from "@playbook/evm";
import type { Run } from "./apply.ts";
import { recordAttempt } from "./attempt.ts";
import { type ReadyChain, readyChain, releaseChain } from "./chain.ts";

/**
 * Checks every chain of the plan before anything is signed on any: one that does not fit all of
 * them could not be finished. Undefined when another run has begun the release meanwhile: it has
 * the key.
 */
export async function readyToBegin(
  run: Run,
  plan: Plan,
  done: Map<string, ChainDone>,
  chosen: PlannedChain[],
): Promise<ReadyChain[] | undefined> {
  try {
    const ready = await readyAll(run, plan, done, plan.chains);
    return ready.filter((chain) => chosen.some(({ name }) => name === chain.name));
  } catch (error) {
    if ((await run.record.read()).stage === "new") throw error;
    return undefined;
  }
}

export async function readyAll(
  { inputs, opened, writer, context }: Run,
  plan: Plan,
  done: Map<string, ChainDone>,
  chosen: PlannedChain[],
): Promise<ReadyChain[]> {
  const results = await Promise.allSettled(
    chosen.map((planned) => {
      const finished = done.get(planned.name);
      return readyChain({ ...inputs, ...opened, plan, planned, finished, writer, context });
    }),
  );
  return all(results);
}

/**
 * All chains at once: none waits for another, and one that stops does not stop the others.
 * `closing` is done when all keys are given back.
 */
export async function releaseAll(
  plan: Plan,
  chains: ReadyChain[],
  run: Run,
  known: Map<string, ChainDone>,
): Promise<{ sent: number; done: Map<string, ChainDone>; closing: Promise<void> }> {
  const { record } = run;
  const ended = new Map(known);
  const closings: Promise<void>[] = [];
  const results = await Promise.allSettled(
    chains.map(async (chain) => {
      const { event, sent, closing } = await releaseChain(chain, record);
      ended.set(event.chain, event);
      closings.push(closing);
      return sent;
    }),
  );
  const closed = Promise.allSettled(closings);
  const reverted = chains.flatMap((chain) => chain.failure(ended) ?? []);
  if (reverted.length > 0 || results.some(({ status }) => status === "rejected")) {
    const ends = [...results, ...(await closed)];
    if (reverted.length > 0) await recordFailure(plan, run, ended);
    all<unknown>([...ends, ...reverted.map((reason) => ({ status: "rejected", reason }) as const)]);
  }
  const sent = all(results).reduce((sum, one) => sum + one, 0);

  // Where another run was first, its results are the ones that are stored. Who wrote last knows
  // them.
  const hasWritten = chains.some(({ finished }) => !finished);
  const done = storedOf(plan, record, hasWritten ? record.state : await record.read());
  if (!done) throw spent(plan.deployment);
  return { sent, done, closing: later(closed.then((ends) => void all(ends))) };
}

/**
 * Frees the release's name for another plan, unless a chain may still be under way. What stands is
 * in the manifest before: an attempt whose name is free is not looked at again.
 */
async function recordFailure(plan: Plan, run: Run, ended: Map<string, ChainDone>): Promise<void> {
  const { record } = run;
  const isWhole = plan.chains.every(({ name }) => ended.has(name));
  const done = isWhole ? ended : storedOf(plan, record, await record.read());
  if (!done || plan.chains.some(({ name }) => !done.has(name))) return;
  await recordAttempt(run, plan, done);
  const names = [...done.values()].filter(({ outcome }) => outcome === "failed");
  await record.append({ kind: "failed", chains: names.map(({ chain }) => chain) });
}

/** What is stored of the plan's chains; undefined when the plan has failed as a whole meanwhile. */
function storedOf(
  plan: Plan,
  record: DeploymentRecord,
  state: DeploymentState,
): Map<string, ChainDone> | undefined {
  if (isGivenUp(state)) throw givenUp(record.where);
  return state.stage !== "new" && state.plan === planDigest(plan) ? state.done : undefined;
}

/** The plan was tried before, and a step of it reverted: its nonces are used up. */
export function spent(deployment: Deployment, cause?: unknown): ActionError {
  return new ActionError(
    "plan-spent",
    {
      what: `The plan of ${deploymentName(deployment)} was tried before and failed.`,
      why: "Its nonces are used up, so it cannot be sent a second time.",
      next: "Plan again: run all jobs of the workflow again, not only the one that failed.",
    },
    { cause },
  );
}
