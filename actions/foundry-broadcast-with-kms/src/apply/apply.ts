import { ActionError, type Context, later, type Report } from "@playbook/action";
import type { Quorums, RpcUrl } from "@playbook/broadcast";
import { type Opened, writerOf } from "@playbook/broadcast";
import {
  type ChainDone,
  type Deployment,
  DeploymentRecord,
  deploymentName,
  type FeeOverride,
  givenUp,
  type Plan,
  planDigest,
  type Wei,
} from "@playbook/evm";
import { checkDivision, isLast } from "../parts.ts";
import { checkOffered, type Differs, type Promoted } from "../promotion/promoted.ts";
import { type Keep, rightsFound } from "../rights/keeps.ts";
import type { ReadyChain } from "./chain.ts";
import { readyAll, readyToBegin, releaseAll, spent } from "./chains.ts";
import { checkCode } from "./code.ts";
import { conclude, findSources } from "./conclude.ts";
import { checkNames, chosenChains } from "./names.ts";
import { type Offer, readOffer } from "./offer.ts";
import { checkDue } from "./parts.ts";
import { checkRights } from "./rights.ts";
import { open } from "./state.ts";
import { summarizePart } from "./summary.ts";

export type ApplyInputs = {
  deployment: Deployment;
  /** Folder of the plan; its artifact is unpacked there before. */
  plan: string;
  /** Digest that was approved; undefined continues what is stored, and nothing else. */
  planDigest?: string | undefined;
  /** What kept the plan from being made, when that is why there is no digest. */
  planError?: string | undefined;
  /** Address that the key must have, when it is said. */
  sender?: string | undefined;
  /** Names of the plan's chains that this run sends on; all of them when absent or empty. */
  chains?: string[];
  role?: string | undefined;
  region: string;
  key: string;
  state: string;
  rpcUrls: RpcUrl[];
  budget: { name: string; wei: Wei }[];
  fees?: FeeOverride[];
  quorum?: Quorums;
  /** The release that a new one has to repeat, and where values may differ from it. */
  promoted?: Promoted | undefined;
  promotesDigest?: string | undefined;
  differs?: Differs[];
  /** Rights that the key may hold, in addition to those that the plan declares. */
  keeps?: Keep[];
  window: number;
  /** Foundry project to take the scripts' files over into, when there is one. */
  project: string;
  /** Folder for the results. */
  release: string;
  /** Which run it is, for whoever reads what it stored. */
  run?: string | undefined;
};

/** A plan that is stored, and the chains that this run is to bring to their end. */
type Begun = {
  plan: Plan;
  /** What earlier runs have brought to its end. */
  known: Map<string, ChainDone>;
  ready: ReadyChain[];
  /** True when this very run began the release. */
  isNew: boolean;
};

export type Run = {
  inputs: ApplyInputs;
  offer: Offer | undefined;
  opened: Opened;
  record: DeploymentRecord;
  /** Random id of this run. */
  writer: string;
  context: Context;
};

/**
 * Another run has begun the release, or ended its plan on a chain, since this one read the record.
 */
const OVERTAKEN = ["deployment-begun", "plan-closed"];

/**
 * Brings a release to its end, from wherever earlier runs have left it. The stored plan counts: the
 * offered one is only taken when the deployment has none yet. A run that is for some of the plan's
 * chains brings those to their end, and concludes the release if they were the last.
 */
export async function apply(inputs: ApplyInputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const offer = inputs.planDigest
    ? await readOffer(inputs.plan, inputs.planDigest, inputs.deployment)
    : undefined;

  if (offer) checkOffered(offer.plan, inputs);

  const opened = await open(inputs, { signs: true }, context);
  const writer = writerOf(inputs);
  const record = new DeploymentRecord(opened.store, inputs.deployment, writer);
  const run = { inputs, offer, opened, record, writer, context };
  try {
    const report = await goThrough(run);
    await opened.checked;
    return report;
  } catch (error) {
    if (!(error instanceof ActionError) || !OVERTAKEN.includes(error.code)) throw error;
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
    checkDivision(plan, inputs.deployment);
    chosenChains(plan, inputs.chains);
    context.progress(`${deploymentName(inputs.deployment)} is finished: nothing is sent.`);
    const known = { plan, done: state.done, isNew: false };
    return conclude(run, { ...known, sent: 0, sources: findSources(run, known) });
  }

  const isNew = state.stage === "new";
  if (!isNew && state.abandoning) throw givenUp(record.where);
  if (isNew) await checkDue(run.opened.store, inputs.deployment, offer);
  const plan = isNew ? accept(run) : await record.plan(state.plan);
  checkDivision(plan, inputs.deployment);
  checkSender(plan, opened.signer.address, inputs.sender);
  checkNames(plan, inputs, context);
  if (offer && planDigest(plan) !== offer.digest) sayContinued(context, plan, offer);

  const chosen = chosenChains(plan, inputs.chains);
  const known = isNew ? new Map<string, ChainDone>() : state.done;
  const ready = isNew
    ? await readyToBegin(run, plan, known, chosen)
    : await readyAll(run, plan, known, chosen);
  if (!ready) return goThrough(run);
  if (isNew) await record.begin(plan, offer?.files ?? []);
  return bringToEnd(run, { plan, known, ready, isNew });
}

/** Sends on the chosen chains; when all the plan's chains are done then, concludes the release. */
async function bringToEnd(run: Run, { plan, known, ready, isNew }: Begun): Promise<Report> {
  const { record } = run;
  const { sent, done, closing } = await releaseAll(plan, ready, run, known);
  const left = plan.chains.filter(({ name }) => !done.has(name));
  if (left.length > 0) {
    await Promise.all([closing, checkCode(plan, ready)]);
    return reportPart(plan, done, sent);
  }

  // What other runs have brought to its end is looked at, too: they may have died right after.
  const others = plan.chains.filter(({ name }) => !ready.some((one) => one.name === name));
  const theirs = others.length > 0 ? await readyAll(run, plan, done, others) : [];
  if (theirs.length > 0) await (await releaseAll(plan, theirs, run, done)).closing;
  const all = [...ready, ...theirs];
  // Another run for other chains may have concluded it already.
  const ended = { plan, done, isNew: isNew && others.length === 0 };
  const sources = findSources(run, ended);
  // Before the last part the key may hold what later parts need.
  const keeps = run.inputs.keeps ?? [];
  const checking = later(
    Promise.all([
      isLast(plan) ? checkRights(plan, all, done, keeps) : undefined,
      checkCode(plan, all),
    ]),
  );
  await closing;
  const [verdict] = await checking;
  const report = await conclude(run, { ...ended, sent, verdict, sources });
  if (verdict && verdict.left.length > 0) return { ...report, failure: rightsFound(verdict.left) };
  const created = plan.steps.flatMap(({ chain, creates }) =>
    creates.map(({ contract, address }) => ({ chain, contract, address })),
  );
  await record.append({ kind: "finished", created });
  return report;
}

function accept({ inputs: { planError }, offer, record }: Run): Plan {
  if (offer) return offer.plan;
  const said = planError ? ` Planning failed:\n${planError.replaceAll(/^/gm, "    ")}` : "";
  throw new ActionError("nothing-to-continue", {
    what: "There is no plan to apply.",
    why: `\`plan-digest\` is empty and no unfinished release lies at ${record.where}.${said}`,
    next:
      "If planning failed, mend what it says and run all jobs " +
      "again; else give the plan's digest.",
  });
}

export function checkSender(plan: Plan, signer: string, said: string | undefined): void {
  if (said !== undefined && said !== signer) {
    throw wrongKey(signer, `\`sender\` says ${said}.`, `Give the key of ${said}, or correct it.`);
  }
  if (plan.sender === signer) return;
  const why = `The plan was made for ${plan.sender}: nonces and addresses would be others.`;
  throw wrongKey(
    signer,
    why,
    `Plan with \`sender: ${signer}\`, or give the key of ${plan.sender}.`,
  );
}

function wrongKey(signer: string, why: string, next: string): ActionError {
  return new ActionError("wrong-key", { what: `The key's address is ${signer}.`, why, next });
}

function sayContinued(context: Context, plan: Plan, offer: Offer): void {
  const { release } = plan.deployment;
  context.warn(
    `Release ${release} is unfinished: its stored plan ${planDigest(plan)} is continued, and the ` +
      `plan ${offer.digest} of this run is not used.`,
  );
}

/** What a run says of a release that other runs go on with. */
function reportPart(plan: Plan, done: Map<string, ChainDone>, sent: number): Report {
  return {
    outputs: { "plan-digest": planDigest(plan), steps: plan.steps.length, changed: sent > 0 },
    summary: summarizePart({ plan, done, sent }),
  };
}
