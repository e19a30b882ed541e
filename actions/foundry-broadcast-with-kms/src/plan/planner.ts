import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Context } from "@playbook/action";
import type { RpcUrl } from "@playbook/broadcast";
import type { Environment } from "@playbook/child";
import {
  type Address,
  type Deployment,
  type FeeOverride,
  type Plan,
  planDigest,
  planText,
  type Step,
} from "@playbook/evm";
import { type Digest, digestOf } from "@playbook/state";
import { checkPromotion, type Differs, type Promoted } from "../promotion/promoted.ts";
import { promotionShown } from "../promotion/shown.ts";
import { recordsText } from "../record.ts";
import type { Keep } from "../rights/keeps.ts";
import { readArtifacts } from "./artifact.ts";
import { type Before, layOver, lookAfter, readBefore, since } from "./before.ts";
import { findChains } from "./chains.ts";
import { endpointVariables, findEndpoints } from "./endpoint.ts";
import { allowedEnvironment } from "./environment.ts";
import { build } from "./forge.ts";
import { type Fork, startFork } from "./fork.ts";
import { type Live, standing } from "./live.ts";
import { openProject, type Project } from "./project.ts";
import { findRights } from "./rights.ts";
import { copyProject } from "./scratch.ts";
import { entriesOf, entryOf, parseScript, type Script } from "./script.ts";
import { type Ran, runScript, type Stage } from "./simulation.ts";
import { nameStanding } from "./standing.ts";
import { makeSteps } from "./steps.ts";
import { summarize } from "./summary.ts";
import { findToolchain, type Toolchain } from "./toolchain.ts";
import { checkUpgrades } from "./upgrade/check.ts";
import { readRuntimes } from "./upgrade/runtime.ts";
import { type Allowed, upgradeWarnings } from "./upgrade/verdict.ts";
import { type Changes, changes } from "./written.ts";

export type PlanInputs = {
  deployment: Deployment;
  /** The product's commit, when it is known. */
  commit: string | null;
  /** Names in the chains file, or ids. */
  chains: string[];
  chainsFile: string;
  /** In place of the chains file's; scripts get to see none of them, only the forks. */
  rpcUrls: RpcUrl[];
  fees?: FeeOverride[];
  /** Folder of the Foundry project. */
  project: string;
  /**
   * Lines as `forge script` takes them, in the order in which they run, and before them commands of
   * a shell: all of the release's, of which a part plans its own.
   */
  scripts: string[];
  /** Folder with what the part before this one has left behind; read for a part only. */
  before: string;
  /** Address of the KMS key. */
  sender: Address;
  profile?: string | undefined;
  /** Gas limit of a step, in percent of what its simulation used. */
  gasMargin: number;
  /** Rights that the key may hold in the end. */
  keeps: Keep[];
  /**
   * File of the project, below its folder, with the storage layouts of the implementations in use.
   */
  layouts: string;
  /** The release that this one is to repeat, and where values may differ from it. */
  promoted?: Promoted | undefined;
  differs: Differs[];
  /** Contracts whose layout may change incompatibly. */
  unsafeLayouts: Allowed[];
  /** Folder that is written. */
  plan: string;
};

export type PlannedRelease = {
  plan: Plan;
  digest: Digest;
  folder: string;
  summary: string;
  warnings: string[];
};

/**
 * Simulates a release on forks of its chains and writes down what it would send: `plan.json`, the
 * files that the scripts wrote below `files/`, forge's own recordings in `forge.json`, and a
 * summary. Needs neither key nor right. Throws an `ActionError` of which nothing was sent.
 */
export async function makePlan(
  given: PlanInputs,
  context: Context,
  machine: Environment = process.env,
): Promise<PlannedRelease> {
  const inputs = { ...given, scripts: entriesOf(given.scripts) };
  const env = inputs.profile ? { ...machine, FOUNDRY_PROFILE: inputs.profile } : machine;
  for (const { value } of inputs.rpcUrls) context.mask(value);
  const scripts = inputs.scripts.map((entry) => parseScript(entry, inputs.sender));
  const before = await readBefore(inputs);
  const reachable = await findChains(inputs);
  const tools = await findToolchain(context, env);
  const opening = { scripts, plan: inputs.plan, chainsFile: inputs.chainsFile };
  const project = await openProject(inputs.project, opening, tools, context, env);
  const looking = reachable.map((chain) => lookAfter(before, chain, inputs.sender, context));
  const chains = await Promise.all(looking);
  const { part } = inputs.deployment;
  const own = part === undefined ? scripts : scripts.slice(part - 1, part);
  return simulateAll({ inputs, before, scripts: own, tools, project, chains, env }, context);
}

type Release = {
  inputs: PlanInputs;
  before: Before | undefined;
  /** Those that this plan is for. */
  scripts: Script[];
  tools: Toolchain;
  project: Project;
  chains: Live[];
  env: Environment;
};

async function simulateAll(release: Release, context: Context): Promise<PlannedRelease> {
  const { inputs, before, scripts, project, env } = release;
  const temporary = env.RUNNER_TEMP ?? env.TMPDIR ?? tmpdir();
  await using scratch = await copyProject(project, inputs.plan, temporary);
  if (before) await layOver(before, scratch.folder, project.settings.broadcast);
  await using stack = new AsyncDisposableStack();
  const forks = await startForks(release, stack, context);
  const endpoints = await findEndpoints(project, forks, { ...project.dotenv, ...env });
  const stage = {
    ...{ project, forks, folder: scratch.folder, sender: inputs.sender },
    ...{ aliases: endpoints.aliases, forge: release.tools.forge },
    ...{ margin: inputs.gasMargin, commit: inputs.commit, scripts: inputs.scripts.length },
    env: allowedEnvironment(env, project.variables),
    endpoints: endpointVariables(endpoints),
  };

  context.progress("Building");
  await build({ ...stage, signal: context.signal });
  const runs: Ran[] = [];
  const { part = 1 } = inputs.deployment;
  for (const [index, script] of scripts.entries()) {
    const at = `${part + index} of ${inputs.scripts.length}`;
    context.progress(`Simulating ${at}: ${script.line}`);
    runs.push(await runScript(script, stage, context));
  }
  return await writePlan(release, runs, stage, context);
}

async function startForks(
  { chains, inputs, tools, env }: Release,
  stack: AsyncDisposableStack,
  context: Context,
): Promise<Fork[]> {
  const starting = chains.map(async (live) =>
    stack.use(await startFork(live, inputs.sender, tools.anvil, context, env)),
  );
  const settled = await Promise.allSettled(starting);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** What happened in the simulation, made into steps, and what is to be said of how it ended. */
async function examine(
  { inputs, before, project }: Release,
  runs: Ran[],
  stage: Stage & Compiling,
) {
  const { folder, forks, forge, env, signal } = stage;
  const happened = runs.flatMap((run, script) => run.happened.map((one) => ({ ...one, script })));
  const out = join(folder, project.settings.out);
  const [artifacts, runtimes] = await Promise.all([readArtifacts(out), readRuntimes(out)]);
  const made = await makeSteps(happened, artifacts, inputs.sender, before?.rights?.contracts);
  await nameStanding({ ...made, happened }, runtimes);

  const isLast = [undefined, inputs.scripts.length].includes(inputs.deployment.part);
  const ended = { ...made, ...inputs, happened, artifacts, forks, isLast };
  const rights = await findRights({ ...ended, earlier: before?.rights });
  const compiler = { forge, folder, env, signal, cache: project.settings.cache_path };
  const upgrades = await checkUpgrades({ ...ended, ...compiler, runtimes });
  return { happened, steps: made.steps, rights, upgrades };
}

type Compiling = { signal: AbortSignal };

async function writePlan(
  release: Release,
  runs: Ran[],
  stage: Stage,
  { signal }: Context,
): Promise<PlannedRelease> {
  const { inputs, before, scripts, project, chains } = release;
  const { happened, steps, rights, upgrades } = await examine(release, runs, { ...stage, signal });
  const scratch = stage.folder;
  const found = await changes(project, scratch);
  const records = recordsOf(runs, steps);
  const plan: Plan = {
    ...{ format: "playbook.plan", version: 2, deployment: inputs.deployment },
    ...{ sender: inputs.sender, commit: inputs.commit },
    chains: chains.map(({ rpc, url, urls, blockLimit, hardfork, capped, ...planned }) => planned),
    scripts: scripts.map((script) => ({
      ...{ line: entryOf(script), target: script.target },
      ...{ signature: script.signature, arguments: script.arguments },
    })),
    steps,
    files: found.written.map(({ path, after }) => ({
      ...{ path, digest: digestOf(after), size: after.length },
    })),
    records: digestOf(records),
    ...stepwise(inputs, before),
    ...promotes(inputs),
    rights,
  };

  const { promoted, differs } = inputs;
  const differences = promoted ? checkPromotion(promoted, plan, differs) : [];
  const promotion = promoted && promotionShown(promoted, differences);
  const ours = [scratch, ...new Set(happened.map(({ fork }) => fork.url))];
  const warnings = [
    ...upgradeWarnings(upgrades, inputs.layouts),
    ...ownWords(found, ours),
    ...(await findWarnings(plan, chains, found)),
  ];
  const used = new Map(steps.map(({ id }, index) => [id, happened[index]?.used ?? 0]));
  const written = since(before, found.written);
  const summary = summarize(plan, { used, written, warnings, upgrades, promotion });
  await writeFolder(inputs.plan, plan, records, found, summary);
  return { plan, digest: planDigest(plan), folder: inputs.plan, summary, warnings };
}

function promotes({ promoted }: PlanInputs) {
  if (!promoted) return {};
  const { environment, release } = promoted.plan.deployment;
  return { promotes: { environment, release, plan: promoted.digest } };
}

/** What a part says of its release. */
function stepwise({ deployment, scripts }: PlanInputs, before: Before | undefined) {
  const after = before?.digest ?? null;
  return deployment.part === undefined ? {} : { stepwise: { scripts, after } };
}

async function writeFolder(
  folder: string,
  plan: Plan,
  records: string,
  { written }: Changes,
  summary: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, "files"), { recursive: true, force: true });
  await writeFile(join(folder, "plan.json"), planText(plan));
  await writeFile(join(folder, "forge.json"), records);
  await writeFile(join(folder, "summary.md"), summary);
  for (const { path, after } of written) {
    await mkdir(dirname(join(folder, "files", path)), { recursive: true });
    await writeFile(join(folder, "files", path), after);
  }
}

/** forge's own recordings, each with the steps that its transactions became. */
function recordsOf(runs: Ran[], steps: Step[]): string {
  const ids = steps.map(({ id }) => id);
  const records = runs.flatMap(({ recording, happened }) => {
    const own = ids.splice(0, happened.length);
    return recording ? [{ path: recording.path, content: recording.content, steps: own }] : [];
  });
  return recordsText(records);
}

/** Files with a path or a URL in them that only the simulation had. */
function ownWords({ written }: Changes, ours: string[]): string[] {
  return written.flatMap(({ path, after }) => {
    const word = ours.find((one) => after.includes(one));
    return word ? [`The scripts wrote ${word} into ${path}, which is nothing after this run.`] : [];
  });
}

/** What is no error, but nothing that a person would expect either. */
async function findWarnings(plan: Plan, chains: Live[], { deleted }: Changes): Promise<string[]> {
  const warnings = deleted.map((path) => `The scripts delete ${path}; it is not taken over.`);
  for (const live of chains) {
    const steps = plan.steps.filter(({ chain }) => chain === live.name);
    if (steps.length === 0 && plan.steps.length > 0 && !plan.stepwise) {
      warnings.push(`No script sends anything to ${live.name}.`);
    }
    const addresses = steps.flatMap(({ creates }) => creates.map(({ address }) => address));
    for (const address of await standing(live, addresses)) {
      warnings.push(`There is code at ${address} on ${live.name} already.`);
    }
  }
  return warnings;
}
