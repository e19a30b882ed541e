import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { type Contexts, withContexts } from "./contexts.ts";
import { filesOf, linkFiles } from "./linked-copy.ts";
import type { Job, RunPlan } from "./workflow.ts";
import type { Source, Yaml } from "./workflow-file.ts";

/** What the runner needs to know of a job that GitHub would tell it. */
export type JobSetting = {
  contexts: Contexts;
  /** The environment of its JavaScript actions, and of nothing else in it. */
  actionEnv: Record<string, string>;
  /** Why a checkout of the repository fails, if it does. */
  noCheckout?: string;
};

export type Serving = {
  plan: RunPlan;
  sources: Source[];
  folder: string;
  /** Where the gate of each job asks, see gate.ts. */
  control: string;
  settingOf: (job: Job) => JobSetting;
};

export type Served = {
  /** The copy of the workflow that starts. */
  workflow: string;
  /** `owner/name@ref=folder` for each copy. */
  repositories: string[];
};

const gateFolder = fileURLToPath(new URL("./gate", import.meta.url));
const GATE = "world/gate@1";

/** The id of the step that the world puts before a job's own. */
export const GATE_STEP = "world-gate";

/**
 * Writes the copies that the runner runs in place of a run's workflows and actions. It knows
 * neither `$/` nor a workflow's own `./`, gives every job the same token and no identity. So each
 * job has copies of its own, served as `v1~NUMBER` in place of `v1`, in which siblings are named in
 * full and the job's contexts are written out; and a first step, the gate, that GitHub's own rules
 * for environments and identities are kept at.
 */
export async function serveRun(serving: Serving): Promise<Served> {
  const repositories = new Map([[GATE, gateFolder]]);
  const workflow = join(serving.folder, "run", serving.plan.file.path);
  const { content, jobs } = serving.plan;
  await writeYaml(workflow, await workflowCopy(serving, content, jobs, repositories));
  return {
    workflow,
    repositories: [...repositories].map(([name, folder]) => `${name}=${folder}`),
  };
}

type Repositories = Map<string, string>;

async function workflowCopy(
  serving: Serving,
  content: Yaml,
  jobs: Job[],
  repositories: Repositories,
): Promise<Yaml> {
  const copies: Record<string, Yaml> = {};
  for (const job of jobs) {
    const { contexts } = serving.settingOf(job);
    const yaml = withContexts(job.yaml, contexts);
    // The number tells the job's lines in the runner's log.
    const shared = { ...without(yaml, ...SETTLED), name: `#${job.number}` };
    copies[job.id] = job.calls
      ? { ...shared, uses: await serveCalled(serving, job, repositories) }
      : { ...shared, ...(await stepsCopy(serving, job, yaml, repositories)) };
  }
  // In a called workflow `github.workflow` is the caller's name.
  const env = content.env && withContexts(content.env, firstContexts(serving, jobs));
  const rest = without(content, ...SETTLED);
  return { ...rest, ...(env && { env }), name: serving.plan.name, jobs: copies };
}

/** What the world has seen to itself, or does not do: the runner need not read it. */
const SETTLED = ["concurrency", "environment", "permissions"];

function without(yaml: Yaml, ...keys: string[]): Yaml {
  return Object.fromEntries(Object.entries(yaml).filter(([key]) => !keys.includes(key)));
}

function firstContexts({ settingOf }: Serving, [job]: Job[]): Contexts {
  return job ? settingOf(job).contexts : {};
}

async function serveCalled(serving: Serving, job: Job, repositories: Repositories) {
  if (!job.calls) throw new Error(`${job.name} calls nothing`);
  const { file, content, jobs } = job.calls;
  const { name, folder } = placeOf(serving, file.source, job);
  const copy = await workflowCopy(serving, content, jobs, repositories);
  copy.jobs["world-result"] = resultJob(jobs);
  await writeYaml(join(folder, file.path), copy);
  repositories.set(name, folder);
  return `${file.source.repository}/${file.path}@${name.split("@")[1]}`;
}

/**
 * The runner takes the last job's result for that of a called workflow, and takes none from jobs
 * that call others in their turn. So the last job is one that says what all of them came to.
 */
function resultJob(jobs: Job[]): Yaml {
  return {
    name: "#0",
    "runs-on": "ubuntu-latest",
    needs: jobs.map(({ id }) => id),
    if: "always()",
    steps: [{ if: "contains(needs.*.result, 'failure')", run: "exit 1" }],
  };
}

async function stepsCopy(serving: Serving, job: Job, yaml: Yaml, repositories: Repositories) {
  if (yaml.container || yaml.services) {
    throw new Error(`${job.name}: the world runs no containers`);
  }
  const actions = new ActionCopies(serving, job, repositories);
  const steps = await actions.steps(yaml.steps ?? [], job.file.source);
  await actions.write();
  return { "runs-on": "ubuntu-latest", steps: [gateStep(serving, job, yaml), ...steps] };
}

function gateStep({ control }: Serving, job: Job, yaml: Yaml) {
  const { environment } = yaml;
  const outputs = Object.entries<string>(yaml.outputs ?? {});
  return {
    id: GATE_STEP,
    name: GATE_STEP,
    uses: GATE,
    with: {
      control,
      job: String(job.number),
      environment: environment?.name ?? environment ?? "",
      ...Object.fromEntries(outputs.map(([name, value]) => [`output-${name}`, value])),
    },
  };
}

/** One job's copies of the repositories whose actions it uses, directly or through others. */
class ActionCopies {
  readonly #serving: Serving;
  readonly #job: Job;
  readonly #setting: JobSetting;
  readonly #repositories: Repositories;
  readonly #used = new Set<Source>();

  constructor(serving: Serving, job: Job, repositories: Repositories) {
    this.#serving = serving;
    this.#job = job;
    this.#setting = serving.settingOf(job);
    this.#repositories = repositories;
  }

  async steps(steps: Yaml[], within: Source): Promise<Yaml[]> {
    return Promise.all(steps.map((step) => (step.uses ? this.#step(step, within) : step)));
  }

  async #step(step: Yaml, within: Source): Promise<Yaml> {
    if (isCheckout(step)) return this.#checkout(step);
    const action = await this.#find(step.uses, within);
    const isNode = String(action?.yaml?.runs?.using).startsWith("node");
    const env = isNode ? { ...this.#setting.actionEnv, ...step.env } : step.env;
    if (action && !action.local) this.#used.add(action.source);
    const uses = action && !action.local ? this.#nameOf(action) : step.uses;
    return { ...step, uses, ...(env && { env }) };
  }

  /** The runner's own, which copies the run's commit and asks for no rights. */
  #checkout(step: Yaml): Yaml {
    if (step.with?.ref || step.with?.repository) {
      throw new Error(`${this.#job.name}: the world checks out the run's own commit, no other`);
    }
    const { noCheckout } = this.#setting;
    if (!noCheckout) return step;
    const { uses, with: _, ...rest } = step;
    const run = 'echo "$WHY"; exit 128';
    return { name: uses, ...rest, shell: "bash", env: { WHY: noCheckout }, run };
  }

  #nameOf({ source, path }: { source: Source; path: string }): string {
    const { name } = placeOf(this.#serving, source, this.#job);
    return name.replace("@", path ? `/${path}@` : "@");
  }

  async #find(uses: string, within: Source) {
    const [, own, relative = ""] = /^([.$])\/(.*)$/.exec(uses) ?? [];
    if (own === "$") return this.#read(within, relative, uses);
    // The workspace's, once it is checked out.
    if (own) {
      const read = this.#read(this.#serving.plan.file.source, relative, uses);
      return read.then((action) => ({ ...action, local: true })).catch(() => undefined);
    }
    const [, repository, path = "", ref] = /^([^/@]+\/[^/@]+)(?:\/([^@]+))?@(.+)$/.exec(uses) ?? [];
    const source = this.#serving.sources.find(
      ({ repository: name, written }) => name === repository && written === ref,
    );
    if (!source) throw new Error(`${this.#job.name}: the world serves no '${uses}'`);
    return this.#read(source, path, uses);
  }

  async #read(source: Source, path: string, uses: string) {
    for (const name of ["action.yml", "action.yaml"]) {
      const file = join(source.folder, path, name);
      const text = await readFile(file, "utf8").catch(() => undefined);
      if (text) return { source, path, yaml: parse(text) as Yaml, local: false };
    }
    throw new Error(`${this.#job.name}: there is no action at '${uses}'`);
  }

  /** Copies each repository in use, and those that its composite actions use in their turn. */
  async write(): Promise<void> {
    // Grows on the way: an action that is copied may use others.
    for (const source of this.#used) {
      const { name, folder } = placeOf(this.#serving, source, this.#job);
      await linkFiles(source.folder, folder, (path) => !isAction(path) && !isWorkflow(path));
      for (const path of (await filesOf(source.folder)).filter(isAction)) {
        await this.#writeAction(source, folder, path);
      }
      this.#repositories.set(name, folder);
    }
  }

  async #writeAction(source: Source, folder: string, path: string): Promise<void> {
    const yaml = parse(await readFile(join(source.folder, path), "utf8"));
    const copy = withContexts(yaml, this.#setting.contexts);
    if (copy.runs?.steps) copy.runs.steps = await this.steps(copy.runs.steps, source);
    await writeYaml(join(folder, path), copy);
  }
}

function placeOf({ folder }: Serving, { repository, written }: Source, job: Job) {
  const name = `${repository}@${written}~${job.number}`;
  return { name, folder: join(folder, name.replaceAll("/", "-")) };
}

const isCheckout = ({ uses }: Yaml) => String(uses).startsWith("actions/checkout@");
const isAction = (path: string) => /(^|\/)action\.ya?ml$/.test(path);
const isWorkflow = (path: string) => path.startsWith(".github/workflows/");

async function writeYaml(path: string, content: Yaml): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // JSON is YAML that leaves no doubt about types.
  await writeFile(path, JSON.stringify(content, null, 1));
}
