import { ActionError, count } from "@playbook/action";
import {
  closePlan,
  DeploymentRecord,
  explorerLink,
  getBlob,
  givenUp,
  openAndBroadcast,
  type Plan,
  type PlannedChain,
  planDigest,
  prepare,
  type StepResult,
} from "@playbook/evm";
import type { Digest } from "@playbook/state";
import { type Asked, broadcastOn, resultOf } from "./chain.ts";

/** What a plan of one chain has come to: its steps, and how many of them this run has sent. */
export type Brought = { results: StepResult[]; sent: number };

type Bringing = {
  /** What the plan names as its files, in that order. */
  files?: Uint8Array[];
  /** Stores what others have to know of a plan that took effect, before the key is free again. */
  onComplete?: () => Promise<void>;
};

/**
 * Brings a plan of one chain to its end, from wherever earlier runs have left it. Throws
 * `step-reverted`, what `prepare` finds before anything is signed, and what stops a broadcast.
 */
export async function bring(
  asked: Asked,
  { files = [], onComplete }: Bringing = {},
): Promise<Brought> {
  const { plan, store, writer, context } = asked;
  const record = new DeploymentRecord(store, plan.deployment, writer);
  const broadcast = broadcastOn(asked);
  const { chain: planned } = broadcast;
  const { name } = planned;
  const state = await record.read();
  if (state.stage === "finished") {
    return { results: state.done.get(name)?.results ?? [], sent: 0 };
  }
  if (state.stage === "unfinished" && state.abandoning) throw givenUp(record.where);
  const done = state.stage === "unfinished" ? state.done.get(name) : undefined;
  if (!done) {
    const { policy, signer } = broadcast;
    const known = { chain: planned.metadata, planned, signer: signer.address, store };
    const ready = { ...broadcast, ...known, budget: policy.budget, clock: context.clock };
    const { resumed, left } = await prepare(ready);
    const how = resumed ? "going on" : "ready";
    context.progress(`${name}: ${how}, ${left} of ${plan.steps.length} to do`);
  }
  if (state.stage === "new") await record.begin(plan, files);
  const { outcome, results, sent } = done ? { ...done, sent: 0 } : await sendAll(broadcast);
  await record.append({ kind: "chain-done", chain: name, outcome, results });
  if (outcome === "complete") await onComplete?.();
  if (done) await broadcast.ledger.read();
  await closePlan(broadcast, outcome);
  if (outcome === "failed") {
    await record.append({ kind: "failed", chains: [name] });
    throw reverted(plan, planned, results);
  }
  const created = plan.steps.flatMap(({ chain, creates }) =>
    creates.map(({ contract, address }) => ({ chain, contract, address })),
  );
  await record.append({ kind: "finished", created });
  return { results, sent };
}

async function sendAll(broadcast: ReturnType<typeof broadcastOn>) {
  const { outcome, settlements, sent } = await openAndBroadcast(broadcast);
  return { outcome, results: settlements.flatMap(resultOf), sent };
}

/**
 * The plan that an earlier run has begun on the chain of the one that is asked for, with the same
 * key and of the same target, repository and environment, and the first of its files.
 */
export async function unfinished(
  asked: Asked,
): Promise<{ plan: Plan; file: Uint8Array | undefined } | undefined> {
  const { store, writer, plan: offered } = asked;
  const { ledger } = broadcastOn(asked);
  const open = (await ledger.read())?.open;
  if (!open || open.plan === planDigest(offered)) return undefined;
  const record = new DeploymentRecord(store, offered.deployment, writer);
  const plan = await record.plan(open.plan as Digest);
  if (whose(plan) !== whose(offered)) return undefined;
  const [file] = plan.files;
  return { plan, file: file && (await getBlob(store, file.digest as Digest)) };
}

function whose({ scripts, deployment: { repository, environment } }: Plan): string {
  return JSON.stringify([scripts[0]?.target, repository, environment]);
}

function reverted(plan: Plan, { name, metadata }: PlannedChain, results: StepResult[]) {
  const bad = results.find(({ succeeded }) => !succeeded);
  const step = plan.steps.find(({ id }) => id === bad?.step);
  const hash = bad?.hash ?? "0x";
  const good = results.filter(({ succeeded }) => succeeded).length;
  return new ActionError("step-reverted", {
    what: `${step?.label} reverted on ${name}: ${explorerLink(metadata, "tx", hash) ?? hash}`,
    why:
      "The chain was in another state than the plan was made on. " +
      `${count(good, "step")} took effect there.`,
    next: "Find out what changed, mend it, and plan again.",
  });
}
