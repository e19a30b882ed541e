import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, type Context, need, type Report } from "@playbook/action";
import { type Chain, planDigest, planText } from "@playbook/evm";
import {
  type Desired,
  desiredOn,
  idleOverrides,
  namesAddresses,
  notOverruled,
  type Refusal,
  readSources,
  refusalsOf,
  type Sources,
} from "@playbook/hyperlane";
import { type CoreDocument, documentDigest, documentText } from "../document.ts";
import type { Inputs } from "../run.ts";
import { isDeployable } from "./deployable.ts";
import { formerAgents } from "./former-agents.ts";
import { misnamed } from "./misnamed.ts";
import { type PlannedPart, planOne } from "./plan-one.ts";
import { summarize } from "./summary.ts";
import { unprovenBy } from "./unproven.ts";

/** Plans all chains at once, and writes the plan into its folder. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const sender = need(inputs.sender, "sender", "plan");
  const sources = await readSources(inputs);
  const asked = { ...inputs, sender };
  const wishes = wishesOf(sources);
  const refused = judge(wishes, asked);
  const { parts, unreached } = await planAll(sources, asked, context);
  const named = namedIn(parts);
  refused.push(...judge(named, asked));
  const { repository, environment } = inputs;
  const document: CoreDocument = {
    format: "playbook.hyperlane-core",
    version: 1,
    ...{ repository, environment, sender, createdAt: context.clock.now() },
    chains: parts.map(({ entry, plan }) => ({ entry, plan: plan && planDigest(plan) })),
    agents: await formerAgents(inputs.agentConfig, Object.keys(sources.domains)),
    unreached,
  };
  await write(inputs.plan, document, parts);
  for (const { name, why } of unreached) context.warn(`${name} is left for the next run: ${why}`);
  const doubts = doubtsOf([...wishes, ...named], sources);
  for (const doubt of doubts) context.warn(doubt);
  for (const file of sources.nobodys)
    context.warn(`No chain of the registry has the config ${file}.`);
  const steps = parts.reduce((sum, { plan }) => sum + (plan?.steps.length ?? 0), 0);
  const proposals = parts.reduce((sum, { entry }) => sum + entry.proposals.length, 0);
  return {
    outputs: {
      "plan-digest": documentDigest(document),
      steps,
      proposals,
      unreached: unreached.map(({ name }) => name),
    },
    summary: summarize(parts, unreached, refused, sources, doubts),
  };
}

type Judged = Inputs & { sender: NonNullable<Inputs["sender"]> };

/** What is judged of a chain. */
type Wish = { desired: Desired; metadata: Chain };

/** What can be judged before anybody is asked: what the configs say in full of what can be. */
function wishesOf({ all, domains }: Sources): Wish[] {
  const possible = all.filter(({ chain }) => isDeployable(chain));
  const wishes = possible.map(({ chain, config }) => {
    return { desired: desiredOn(chain.name, config, domains), metadata: chain };
  });
  return wishes.filter(({ desired }) => !namesAddresses(desired));
}

/** The others, with what stands at the addresses that they name. */
function namedIn(parts: readonly PlannedPart[]): Wish[] {
  return parts.flatMap(({ named, planned: { metadata } }) =>
    named ? [{ desired: named, metadata }] : [],
  );
}

/** What is planned all the same, and what a person should know of it; each once. */
function doubtsOf(wishes: readonly Wish[], { all, domains }: Sources): string[] {
  const doubts = wishes.flatMap(({ desired }) => [
    misnamed(desired.chain, desired.domain) ?? [],
    unprovenBy(desired, domains) ?? [],
  ]);
  const idle = all.flatMap(({ chain, config }) => idleOverrides(chain.name, config) ?? []);
  return [...new Set([...doubts.flat(), ...idle])];
}

/** Refusals that inputs overrule. Throws `policy-refused` for those that none does. */
function judge(wishes: readonly Wish[], inputs: Judged): Refusal[] {
  const keys = {
    validators: inputs.validators,
    relayers: inputs.relayers,
    deployers: [inputs.sender],
  };
  const refusals = wishes.flatMap(({ desired, metadata }) => refusalsOf(desired, metadata, keys));
  const overruled = {
    "allow-few-validators": inputs.allowFewValidators,
    "allow-low-threshold": inputs.allowLowThreshold,
    "allow-unsigned": inputs.allowUnsigned,
    "allow-shared-keys": inputs.allowSharedKeys,
    "allow-no-merkle-tree": inputs.allowNoMerkleTree,
    "instant-finality": inputs.instantFinality,
    "allow-one-operator": inputs.allowOneOperator,
    "allow-one-place": inputs.allowOnePlace,
  };
  const left = notOverruled(refusals, overruled);
  if (left.length > 0) throw policyRefused(left);
  return refusals;
}

async function planAll({ all, domains }: Sources, inputs: Judged, context: Context) {
  const results = await Promise.allSettled(
    all.map((source) => planOne(source, domains, inputs, context)),
  );
  const parts: PlannedPart[] = [];
  const unreached: CoreDocument["unreached"] = [];
  for (const [at, result] of results.entries()) {
    if (result.status === "fulfilled") parts.push(result.value);
    else unreached.push({ name: all[at]?.chain.name ?? "", ...away(result.reason) });
  }
  const [first] = results;
  if (parts.length === 0 && first?.status === "rejected") throw first.reason;
  return { parts, unreached };
}

/** Why a chain is left out: nobody can ask it now, or there is something wrong with it alone. */
function away(error: unknown): { why: string; isFlawed: boolean } {
  if (!(error instanceof ActionError)) throw error;
  const { code, what, why, next } = error;
  if (code === "rpc-unreachable") return { why, isFlawed: false };
  return { why: `${what} ${why} ${next}`, isFlawed: true };
}

async function write(
  folder: string,
  document: CoreDocument,
  parts: readonly PlannedPart[],
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "plan.json"), documentText(document));
  for (const { entry, plan } of parts) {
    if (plan) await writeFile(join(folder, `${entry.name}.json`), planText(plan));
  }
}

function policyRefused(refusals: Refusal[]): ActionError {
  const why = refusals.map(({ chain, why, overruledBy }) => `${chain}: ${why} (${overruledBy})`);
  return new ActionError("policy-refused", {
    what: "The configs are against the policy.",
    why: why.join("\n"),
    next: "Correct the configs; or name the chain in the input that stands in brackets.",
  });
}
