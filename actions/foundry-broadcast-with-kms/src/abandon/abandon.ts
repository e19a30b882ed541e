import type { Context, Report } from "@playbook/action";
import type { Quorums, RpcUrl } from "@playbook/broadcast";
import { all, broadcastOn, type Opened, type Reach, resultOf, writerOf } from "@playbook/broadcast";
import {
  type Attempt,
  closePlan,
  type Deployment,
  DeploymentRecord,
  deploymentName,
  type FeeOverride,
  giveUp,
  nothingToAbandon,
  type Plan,
  type PlannedChain,
  planDigest,
  type Wei,
} from "@playbook/evm";
import type { Digest, Store } from "@playbook/state";
import { checkSender } from "../apply/apply.ts";
import { recordManifest } from "../apply/manifest.ts";
import { checkNames } from "../apply/names.ts";
import { open } from "../apply/state.ts";
import { standing, summarizeAbandoned } from "./summary.ts";

export type AbandonInputs = Reach & {
  deployment: Deployment;
  /** Address that the key must have, when it is said. */
  sender?: string | undefined;
  rpcUrls: RpcUrl[];
  budget: { name: string; wei: Wei }[];
  fees?: FeeOverride[];
  quorum?: Quorums;
  window: number;
  /** Which run it is, for whoever reads what it stored. */
  run?: string | undefined;
};

type Run = {
  inputs: AbandonInputs;
  opened: Opened;
  record: DeploymentRecord;
  /** Random id of this run. */
  writer: string;
  context: Context;
};

/**
 * Gives a begun release up: nothing further is signed for its steps, and every nonce that is signed
 * is used up. Done when all of them are final on all chains; the record, the ledgers and the
 * manifest say what took effect. Killed anywhere it is finished by the next run; several at once
 * are one.
 */
export async function abandon(inputs: AbandonInputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const opened = await open(inputs, { signs: true }, context);
  await opened.checked;
  const writer = writerOf(inputs);
  const { record, state } = await find(opened.store, inputs.deployment, writer);
  const run = { inputs, opened, record, writer, context };
  if (state.stage === "unfinished") return giveUpAll(run, state);
  if (state.stage === "finished" || !state.abandoned) {
    throw nothingToAbandon(record.where, state.stage);
  }
  context.progress(`${deploymentName(inputs.deployment)} is given up already.`);
  return conclude(run, await record.plan(state.abandoned.plan), state.abandoned, 0);
}

/** The record of the release; of one in parts, that of its first part which is not finished. */
async function find(store: Store, deployment: Deployment, writer: string) {
  for (let { part = 1 } = deployment; ; part += 1) {
    const record = new DeploymentRecord(store, { ...deployment, part }, writer);
    const state = await record.read();
    if (state.stage !== "finished" || deployment.part !== undefined) return { record, state };
    const { stepwise } = await record.plan(state.plan);
    if (part === (stepwise?.scripts.length ?? 1)) return { record, state };
  }
}

async function giveUpAll(run: Run, state: Attempt): Promise<Report> {
  const { inputs, opened, record, context } = run;
  const plan = await record.plan(state.plan);
  checkSender(plan, opened.signer.address, inputs.sender);
  checkNames(plan, inputs, context);
  await record.append({ kind: "abandoning" });

  const chains = plan.chains.map((planned) => giveUpOn(run, plan, planned, state));
  const sent = all(await Promise.allSettled(chains)).reduce((sum, one) => sum + one, 0);
  // Where another run was first, its results are the ones that are stored.
  const after = await record.read();
  const attempt = after.stage === "new" ? after.abandoned : after;
  const report = await conclude(run, plan, attempt ?? state, sent);
  await record.append({ kind: "abandoned" });
  return report;
}

/** Uses up what is signed on one chain, stores what took effect, and gives the key back. */
async function giveUpOn(
  { inputs, opened, record, writer, context }: Run,
  plan: Plan,
  planned: PlannedChain,
  { done }: Attempt,
): Promise<number> {
  const broadcast = broadcastOn({ ...inputs, ...opened, plan, planned, writer, context });
  const known = done.get(planned.name);
  if (known) {
    await broadcast.ledger.read();
    await closePlan(broadcast, known.outcome);
    return 0;
  }
  const { outcome, settlements, sent } = await giveUp(broadcast);
  const results = settlements.flatMap(resultOf);
  await record.append({ kind: "chain-done", chain: planned.name, outcome, results });
  await closePlan(broadcast, outcome);
  context.progress(`${planned.name}: nothing of the release is left to take effect`);
  return sent;
}

async function conclude(
  { opened: { store }, writer }: Run,
  plan: Plan,
  { done }: Attempt,
  sent: number,
): Promise<Report> {
  const digest: Digest = planDigest(plan);
  const stored = await recordManifest({ store, plan, digest, done, writer, isNew: false });
  return {
    outputs: {
      "plan-digest": digest,
      steps: plan.steps.length,
      changed: sent > 0,
      addresses: standing(plan, done),
      manifest: stored.location,
      "manifest-digest": stored.digest,
    },
    summary: summarizeAbandoned({ plan, done, sent, stored }),
  };
}
