import { randomUUID } from "node:crypto";
import { ActionError, type Context, type Report } from "@playbook/action";
import {
  type ChainDone,
  type Deployment,
  DeploymentRecord,
  deploymentName,
  type Plan,
  planDigest,
  type Wei,
} from "@playbook/evm";
import type { Digest } from "@playbook/state";
import type { RpcUrl } from "../inputs.ts";
import { type ReadyChain, readyChain, releaseChain } from "./chain.ts";
import { checkCode } from "./code.ts";
import { addressesOf, recordManifest, type StoredManifest, transactionsOf } from "./manifest.ts";
import { checkNames } from "./names.ts";
import { type Offer, readOffer } from "./offer.ts";
import { writeRelease } from "./release-folder.ts";
import { type Opened, open } from "./state.ts";
import { summarize } from "./summary.ts";

export type ApplyInputs = {
  deployment: Deployment;
  /** Folder of the plan; its artifact is unpacked there before. */
  plan: string;
  /** Digest that was approved; undefined continues what is stored, and nothing else. */
  planDigest?: string | undefined;
  /** Address that the key must have, when it is said. */
  sender?: string | undefined;
  role?: string | undefined;
  region: string;
  key: string;
  state: string;
  rpcUrls: RpcUrl[];
  budget: { name: string; wei: Wei }[];
  window: number;
  /** Foundry project to take the scripts' files over into, when there is one. */
  project: string;
  /** Folder for the results. */
  release: string;
};

type Run = {
  inputs: ApplyInputs;
  offer: Offer | undefined;
  opened: Opened;
  record: DeploymentRecord;
  /** Random id of this run. */
  writer: string;
  context: Context;
};

/**
 * Brings a release to its end, from wherever earlier runs have left it. The stored plan counts: the
 * offered one is only taken when the deployment has none yet.
 */
export async function apply(inputs: ApplyInputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const offer = inputs.planDigest
    ? await readOffer(inputs.plan, inputs.planDigest, inputs.deployment)
    : undefined;
  if (offer) checkNames(offer.plan, inputs, context);

  const opened = await open(inputs, context);
  const writer = randomUUID();
  const record = new DeploymentRecord(opened.store, inputs.deployment, writer);
  const run = { inputs, offer, opened, record, writer, context };
  try {
    return await goThrough(run);
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "plan-closed") throw error;
    // Another run has ended the plan on a chain since this one read the record.
    const { stage } = await record.read();
    if (stage === "new") throw spent(inputs.deployment, error);
    return goThrough(run);
  }
}

async function goThrough(run: Run): Promise<Report> {
  const { inputs, offer, opened, record, context } = run;
  const state = await record.read();
  if (state.stage === "finished") {
    const plan = await record.plan(state.plan);
    context.progress(`${deploymentName(inputs.deployment)} is finished: nothing is sent.`);
    return conclude(run, { plan, done: state.done, sent: 0, isNew: false });
  }

  const isNew = state.stage === "new";
  const plan = isNew ? accept(offer, record) : await record.plan(state.plan);
  checkSender(plan, opened.signer.address);
  if (offer && planDigest(plan) !== offer.digest) sayContinued(context, plan, offer);

  const known = isNew ? new Map<string, ChainDone>() : state.done;
  const chains = await readyAll(run, plan, known);
  if (isNew) await record.begin(plan, offer?.files ?? []);

  const { sent, done } = await releaseAll(chains, record, known);
  await checkCode(plan, chains);
  const report = await conclude(run, { plan, done, sent, isNew });
  const created = plan.steps.flatMap(({ chain, creates }) =>
    creates.map((one) => ({ chain, ...one })),
  );
  await record.append({ kind: "finished", created });
  return report;
}

function accept(offer: Offer | undefined, record: DeploymentRecord): Plan {
  if (offer) return offer.plan;
  throw new ActionError("nothing-to-continue", {
    what: "There is no plan to apply.",
    why: `\`plan-digest\` is empty and no unfinished release lies at ${record.where}.`,
    next: "If planning failed, mend what it says; else give the plan's digest.",
  });
}

function checkSender(plan: Plan, signer: string): void {
  if (plan.sender === signer) return;
  throw new ActionError("wrong-key", {
    what: `The key's address is ${signer}.`,
    why: `The plan was made for ${plan.sender}: nonces and addresses would be others.`,
    next: `Plan with \`sender: ${signer}\`, or give the key of ${plan.sender}.`,
  });
}

/** The plan was tried before, and a step of it reverted: its nonces are used up. */
function spent(deployment: Deployment, cause: unknown): ActionError {
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

function sayContinued(context: Context, plan: Plan, offer: Offer): void {
  const { release } = plan.deployment;
  context.warn(
    `Release ${release} is unfinished: its stored plan ${planDigest(plan)} is continued, and the ` +
      `plan ${offer.digest} of this run is not used.`,
  );
}

/** Checks every chain before anything is signed on any. */
async function readyAll(
  { inputs, opened, writer, context }: Run,
  plan: Plan,
  done: Map<string, ChainDone>,
): Promise<ReadyChain[]> {
  const results = await Promise.allSettled(
    plan.chains.map((planned) => {
      const finished = done.get(planned.name);
      return readyChain({ ...inputs, ...opened, plan, planned, finished, writer, context });
    }),
  );
  return all(results);
}

/** All chains at once: none waits for another, and one that stops does not stop the others. */
async function releaseAll(
  chains: ReadyChain[],
  record: DeploymentRecord,
  known: Map<string, ChainDone>,
): Promise<{ sent: number; done: Map<string, ChainDone> }> {
  const ended = new Map(known);
  const results = await Promise.allSettled(
    chains.map(async (chain) => {
      const { event, sent } = await releaseChain(chain, record);
      ended.set(event.chain, event);
      return sent;
    }),
  );
  const reverted = chains.flatMap((chain) => chain.failure(ended) ?? []);
  const failures = reverted.map((reason) => ({ status: "rejected", reason }) as const);
  if (reverted.length > 0 && ended.size === chains.length) {
    const names = [...ended.values()].filter(({ outcome }) => outcome === "failed");
    await record.append({ kind: "failed", chains: names.map(({ chain }) => chain) });
  }
  const sent = all([...results, ...failures]).reduce((sum, one) => sum + one, 0);

  // Where another run was first, its results are the ones that are stored.
  const state = await record.read();
  return { sent, done: state.stage === "new" ? ended : state.done };
}

/** The values, or the first error with the others named in its `why`. */
function all<Value>(results: PromiseSettledResult<Value>[]): Value[] {
  const errors = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const [first, ...others] = errors;
  if (others.length > 0 && first instanceof ActionError) {
    const also = others.map((one) => (one as ActionError).what ?? String(one)).join(" ");
    const why = `${first.why} Also: ${also}`;
    throw new ActionError(
      first.code,
      { what: first.what, why, next: first.next },
      { cause: first },
    );
  }
  if (errors.length > 0) throw first;
  return results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

type Conclusion = {
  plan: Plan;
  done: Map<string, ChainDone>;
  /** Transactions that this run sent. */
  sent: number;
  /** True when this very run began the release. */
  isNew: boolean;
};

async function conclude(
  { inputs, opened: { store }, writer, context }: Run,
  { plan, done, sent, isNew }: Conclusion,
): Promise<Report> {
  const digest: Digest = planDigest(plan);
  const stored: StoredManifest = await recordManifest({ store, plan, digest, done, writer, isNew });
  const addresses = addressesOf(plan);
  const transactions = transactionsOf(plan, done);
  const summary = summarize({ plan, done, sent, stored });
  const contents = { plan, store, stored, addresses, transactions, done, summary };
  await writeRelease(inputs, contents, context);
  return {
    outputs: {
      "plan-digest": digest,
      steps: plan.steps.length,
      changed: sent > 0,
      addresses,
      manifest: stored.location,
      "manifest-digest": stored.digest,
    },
    summary,
  };
}
