import { excess, type Permissions, parsePermissions, readOnly, restricted } from "./permissions.ts";
import {
  eventsOf,
  findWorkflow,
  type Parsed,
  parseWorkflow,
  type Source,
  StartupFailure,
  type WorkflowFile,
  type Yaml,
} from "./workflow-file.ts";

/** A job of a run, with all that GitHub settles before anything starts. */
export type Job = {
  /** Unique in the run. */
  number: number;
  id: string;
  /** As the run's page shows it: `release / apply`. */
  name: string;
  /** The names that it is made of, the calling jobs' first. */
  trail: string[];
  /** The file that defines it. */
  file: WorkflowFile;
  permissions: Permissions;
  /** As its file has it. */
  yaml: Yaml;
  /** What it calls in place of having steps. */
  calls?: { file: WorkflowFile; content: Yaml; jobs: Job[] };
};

export type RunPlan = { name: string; file: WorkflowFile; content: Yaml; jobs: Job[] };

export type Terms = {
  event: string;
  /** Everything that can be used by name, the product's own repository among it. */
  sources: Source[];
  /** The run of a fork's pull request, or of Dependabot's: it is trusted with nothing. */
  untrusted: boolean;
};

const DEEPEST = 10;

/** Who calls a workflow: where the calling job stands, what it named, what it may hand on. */
type Caller = { at: string; uses: string; allowed: Permissions; trail: string[] };

type Planner = Terms & { nextNumber: () => number };

/**
 * Reads a workflow and everything it calls, and settles what each job may do. What GitHub refuses
 * before a run starts is a `StartupFailure`, in GitHub's words.
 */
export function planRun(file: WorkflowFile, terms: Terms): RunPlan {
  const parsed = parseWorkflow(file);
  if (!eventsOf(parsed.content).includes(terms.event)) {
    throw new StartupFailure(`${file.path} has no '${terms.event}' trigger.`);
  }
  let count = 0;
  const planner = { ...terms, nextNumber: () => ++count };
  return {
    name: parsed.content.name ?? file.path,
    file,
    content: parsed.content,
    jobs: planJobs(planner, file, parsed),
  };
}

/** All jobs of a tree that have steps, in the order of their files. */
export function jobsWithSteps(jobs: Job[]): Job[] {
  return jobs.flatMap((job) => (job.calls ? jobsWithSteps(job.calls.jobs) : [job]));
}

function planJobs(planner: Planner, file: WorkflowFile, parsed: Parsed, caller?: Caller): Job[] {
  const requested = parsePermissions(parsed.content.permissions);
  if (caller) refuseExcess("The workflow", requested, caller);

  return Object.entries<Yaml>(parsed.content.jobs ?? {}).map(([id, yaml]) => {
    const ownRequest = parsePermissions(yaml.permissions);
    if (caller) refuseExcess(`The nested job '${id}'`, ownRequest, caller);
    const granted = ownRequest ?? requested ?? caller?.allowed ?? restricted;

    const trail = [...(caller?.trail ?? []), typeof yaml.name === "string" ? yaml.name : id];
    const job: Job = {
      number: planner.nextNumber(),
      id,
      name: trail.join(" / "),
      trail,
      file,
      permissions: planner.untrusted ? readOnly(granted) : granted,
      yaml,
    };
    if (typeof yaml.uses !== "string") return job;

    const at = parsed.position(id);
    return { ...job, calls: planCall(planner, job, { at, allowed: granted, trail }) };
  });
}

function planCall(
  planner: Planner,
  { file, yaml }: Job,
  { at, allowed, trail }: Omit<Caller, "uses">,
): NonNullable<Job["calls"]> {
  const called = findWorkflow(yaml.uses, file.source, planner.sources);
  if (!called) {
    const why = `error parsing called workflow "${yaml.uses}": workflow was not found.`;
    throw invalid(at, why);
  }
  const uses = `${called.source.repository}/${called.path}@${called.source.written}`;
  if (trail.length > DEEPEST) {
    throw invalid(at, `Nested reusable workflow depth exceeded ${DEEPEST}.`);
  }
  const parsed = parseWorkflow(called);
  refuseMiscall(yaml, parsed.content, (why) => invalid(at, why));
  const jobs = planJobs(planner, called, parsed, { at, uses, allowed, trail });
  return { file: called, content: parsed.content, jobs };
}

function refuseExcess(who: string, requested: Permissions | undefined, caller: Caller): void {
  const beyond = requested && excess(requested, caller.allowed);
  if (!beyond) return;
  const what = `is requesting '${beyond.requested}', but is only allowed '${beyond.allowed}'.`;
  throw invalid(caller.at, `Error calling workflow '${caller.uses}'. ${who} ${what}`);
}

/** What a caller gives against the inputs and secrets that the called workflow declares. */
function refuseMiscall(job: Yaml, called: Yaml, refusal: (why: string) => StartupFailure): void {
  if (!eventsOf(called).includes("workflow_call")) {
    throw refusal("workflow_call key is not defined in the referenced workflow.");
  }
  const { inputs, secrets } = called.on?.workflow_call ?? {};
  refuseParameters("Input", job.with, inputs, refusal);
  if (job.secrets !== "inherit") refuseParameters("Secret", job.secrets, secrets, refusal);
}

function refuseParameters(
  kind: "Input" | "Secret",
  withValues: Record<string, unknown> | null | undefined,
  declarations: Record<string, { required?: boolean } | null> | null | undefined,
  refusal: (why: string) => StartupFailure,
): void {
  const given = withValues ?? {};
  const declared = declarations ?? {};
  const missing = Object.keys(declared).find(
    (name) => declared[name]?.required && !(name in given),
  );
  if (missing) throw refusal(`${kind} ${missing} is required, but not provided while calling.`);

  const unknown = Object.keys(given).find((name) => !(name in declared));
  if (unknown === undefined) return;
  const what = kind.toLowerCase();
  throw refusal(`Invalid ${what}, ${unknown} is not defined in the referenced workflow.`);
}

function invalid(at: string, why: string): StartupFailure {
  return new StartupFailure(`The workflow is not valid. ${at}: ${why}`);
}
