import { join } from "node:path";
import { shell } from "../../../../scripts/tools.ts";
import type { Github } from "../github/github.ts";
import { account, nextId, now, type WorkflowRun } from "../github/state.ts";
import type { Issuer } from "../issuer.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { Admission, type Approve } from "./admission.ts";
import { type Event, eventOf, type Trigger } from "./event.ts";
import { openGate } from "./gate.ts";
import { type Machine, makeMachine } from "./machine.ts";
import { Masks } from "./masks.ts";
import type { Results } from "./results.ts";
import { type Run, startRun } from "./run.ts";
import { type LogLine, RunLog } from "./run-log.ts";
import { resultOf } from "./run-result.ts";
import { serveRun } from "./serve.ts";
import { jobSetting, type RunFacts, runEnvironment } from "./setting.ts";
import { commitOf, exportLibrary, type Library } from "./sources.ts";
import { type Job, jobsWithSteps, planRun } from "./workflow.ts";
import { type Source, StartupFailure } from "./workflow-file.ts";

export type RunOptions = {
  /** A git repository. What is committed in it runs, as on GitHub. */
  product: string;
  /** `owner/name` of the product; `khalani/nexus` without it. */
  repository?: string;
  /** Name of the file in `.github/workflows`. */
  workflow: string;
  /** What starts it; `workflow_dispatch` without it. */
  on?: Trigger;
  /** `refs/heads/…` or `refs/tags/…`; the branch that is checked out without it. */
  ref?: string;
  actor?: string;
  secrets?: Record<string, string>;
  vars?: Record<string, string>;
  /** Variables of the machine, so of every job: `AWS_ENDPOINT_URL`, for example. */
  env?: Record<string, string>;
  /** A folder that every job's HOME begins as a copy of. */
  home?: string;
  /** Folders that stand before the system's in PATH. */
  path?: string[];
  /** What the reviewers of protected environments say. Without it, nobody approves. */
  approve?: Approve;
  /** Gets each line of output as it is shown. */
  onLine?: (line: LogLine) => void;
};

export type Runner = AsyncDisposable & {
  /** Makes a library usable by name; served again, its refs have moved. */
  serve(library: Library): Promise<void>;
  run(options: RunOptions): Promise<Run>;
};

type World = { github: Github; issuer: Issuer; results: Results };

/** GitHub Actions on this machine: workflow runs as `act` carries them out and GitHub judges them. */
export async function startRunner(world: World, libraries: Library[] = []): Promise<Runner> {
  const folder = await temporaryFolder("libraries");
  const sources = new Map<string, Source>();
  const runs: Run[] = [];
  let served = 0;

  const serve = async (library: Library) => {
    served += 1;
    for (const source of await exportLibrary(library, join(folder.path, String(served)))) {
      sources.set(`${source.repository}@${source.written}`, source);
    }
  };
  for (const library of libraries) await serve(library);

  return {
    serve,
    run: async (options) => {
      const run = await openRun(world, [...sources.values()], options);
      runs.push(run);
      return run;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(runs.map((run) => run[Symbol.asyncDispose]()));
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function openRun(world: World, libraries: Source[], options: RunOptions): Promise<Run> {
  const folder = await twoFolders();
  try {
    const machine = await makeMachine(folder.seen, folder.hidden, options.home);
    const opening = await readProduct(world, machine, options);
    const run = await prepareRun(world, libraries, options, { ...opening, machine }).catch(
      (error) => neverStarted(opening.run, error),
    );
    return withFolder(run, folder);
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Nothing in the name of what jobs see leads to what the world keeps to itself. */
async function twoFolders() {
  const [seen, hidden] = [await temporaryFolder("run"), await temporaryFolder("world-of-run")];
  return {
    ...{ seen: seen.path, hidden: hidden.path },
    [Symbol.asyncDispose]: async () => {
      await seen[Symbol.asyncDispose]();
      await hidden[Symbol.asyncDispose]();
    },
  };
}

type Opening = {
  product: Source;
  run: WorkflowRun;
  event: Event;
} & Pick<RunFacts, "repository" | "actor" | "sha">;

/** The product's commit as the runner's clone, and the run as GitHub lists it. */
async function readProduct(
  { github }: World,
  machine: Machine,
  { product: from, repository: name = "khalani/nexus", workflow, on, ...options }: RunOptions,
): Promise<Opening> {
  const repository = github.repository(name);
  const actor = account(options.actor ?? "alice");
  const branch = await git(from, "symbolic-ref", "--quiet", "HEAD").catch(() => "refs/heads/main");
  const ref = options.ref ?? branch;
  const sha = await commitOf(from, options.ref).catch(() => commitOf(from));
  await git(from, "clone", "--quiet", from, machine.product);
  await git(machine.product, "checkout", "--quiet", sha);
  await git(machine.product, "remote", "set-url", "origin", `https://github.com/${name}`);

  const trigger = on ?? { name: "workflow_dispatch" as const };
  const event = eventOf(trigger, { repository, actor, ref, sha });
  const written = ref.replace(/^refs\/(heads|tags)\//, "");
  const product = { repository: name, written, ref: event.ref, sha, folder: machine.product };
  const head = "pull" in trigger ? trigger.pull.head : { repository: name, branch: written, sha };
  const run: WorkflowRun = {
    ...{ id: nextId(), number: repository.runs.length + 1, name: workflow, event: event.name },
    ...{ path: `.github/workflows/${workflow}`, status: "in_progress", conclusion: null },
    ...{ headSha: head.sha, headBranch: head.branch, headRepository: head.repository },
    ...{ actor, createdAt: now() },
  };
  repository.runs.push(run);
  return { product, run, event, repository, actor, sha };
}

async function prepareRun(
  world: World,
  libraries: Source[],
  options: RunOptions,
  opening: Opening & { machine: Machine },
): Promise<Run> {
  const { product, run, event, machine } = opening;
  const sources = [product, { ...product, written: product.sha }, ...libraries];
  const terms = { event: event.name, sources, untrusted: event.untrusted };
  const plan = planRun({ source: product, path: run.path }, terms);
  const facts: RunFacts = { ...opening, plan };
  run.name = plan.name;

  const secrets = event.untrusted ? {} : (options.secrets ?? {});
  const masks = new Masks(Object.values(secrets));
  const everyJob = jobsOfAll(plan.jobs);
  const withSteps = jobsWithSteps(plan.jobs);
  const log = new RunLog(everyJob, masks, options.onLine ?? (() => {}));
  const given = { issuer: world.issuer, masks, approve: options.approve ?? false, machine };
  const admission = new Admission(facts, withSteps, given);
  const gate = await openGate(admission.arrive, admission.depart);

  const { settings, revoke } = settingsOf(world, facts, everyJob, masks);
  const settingOf = (job: Job) => settings.get(job.number) ?? { contexts: {}, actionEnv: {} };
  const serving = { plan, sources, folder: machine.served, control: gate.url, settingOf };
  const served = await serveRun(serving);

  const variables = runEnvironment(facts, world.github);
  const prepared = {
    ...{ id: run.id, machine, served, event, jobs: plan.jobs, log, admission, gate, secrets },
    ...{ results: world.results, actor: opening.actor.login, vars: options.vars ?? {}, variables },
    ...{ env: options.env, path: options.path },
  };
  return startRun(prepared, ({ conclusion }) => {
    revoke();
    Object.assign(run, { status: "completed", conclusion });
  });
}

function settingsOf({ github, results }: World, facts: RunFacts, jobs: Job[], masks: Masks) {
  const tokens: string[] = [];
  const entries = jobs.map((job) => {
    const token = github.token(job.permissions, facts.repository.name);
    const actionEnv = results.env(String(facts.run.id));
    tokens.push(token);
    for (const secret of [token, actionEnv.ACTIONS_RUNTIME_TOKEN ?? ""]) masks.add(secret);
    return [job.number, jobSetting(facts, job, { token, actionEnv })] as const;
  });
  const revoke = () => {
    for (const token of tokens) github.revoke(token);
  };
  return { settings: new Map(entries), revoke };
}

function jobsOfAll(jobs: Job[]): Job[] {
  return jobs.flatMap((job) => [job, ...jobsOfAll(job.calls?.jobs ?? [])]);
}

function neverStarted(record: WorkflowRun, error: unknown): Run {
  if (!(error instanceof StartupFailure)) throw error;
  Object.assign(record, { status: "completed", conclusion: "startup_failure" });
  const { id } = record;
  const finished = Promise.resolve(resultOf(id, "startup_failure", error.message, []));
  return {
    ...{ id, finished, cancel: () => finished, kill: () => finished },
    ...{ everything: async () => [], environments: async () => [] },
    [Symbol.asyncDispose]: async () => {},
  };
}

function withFolder(run: Run, folder: AsyncDisposable): Run {
  let disposed: Promise<void> | undefined;
  const dispose = async () => {
    await run[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { ...run, [Symbol.asyncDispose]: () => (disposed ??= dispose()) };
}

async function git(folder: string, ...args: string[]): Promise<string> {
  const out = await shell("git", ["-C", folder, ...args], { GIT_CONFIG_GLOBAL: "/dev/null" });
  return out.trim();
}
