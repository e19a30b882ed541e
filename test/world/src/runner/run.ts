import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { tool } from "../../../../scripts/tools.ts";
import { type Process, startProcess } from "../process.ts";
import type { Admission } from "./admission.ts";
import { cancelSteps, killMachine } from "./cancel.ts";
import type { Event } from "./event.ts";
import type { Listening } from "./listen.ts";
import { type Machine, machineEnvironment } from "./machine.ts";
import type { Results } from "./results.ts";
import type { RunLog } from "./run-log.ts";
import { concludeRun, type Ended, type RunResult } from "./run-result.ts";
import type { Served } from "./serve.ts";
import { environmentsOf, type StepEnvironment, type Trace, tracesOf } from "./traces.ts";
import { type Job, jobsWithSteps } from "./workflow.ts";

export type Run = AsyncDisposable & {
  readonly id: number;
  /** Settles when all is over, however it ends; a failure is a result, not an error. */
  readonly finished: Promise<RunResult>;
  /** Cancels as GitHub does, and waits for the end. */
  cancel(): Promise<RunResult>;
  /** The machine vanishes: SIGKILL to every process of the run at once. */
  kill(): Promise<RunResult>;
  /**
   * Every byte that the run wrote anywhere: its log before masking, summaries, outputs, artifacts,
   * caches, and the files it left. To be searched for what must not be there.
   */
  everything(): Promise<Trace[]>;
  /** What each step was started with, and so could read. */
  environments(): Promise<(StepEnvironment & { job: string })[]>;
};

/** All that is settled when the runner starts. */
export type Prepared = {
  id: number;
  machine: Machine;
  served: Served;
  event: Event;
  jobs: Job[];
  log: RunLog;
  admission: Admission;
  gate: Listening;
  results: Results;
  actor: string;
  secrets: Record<string, string>;
  vars: Record<string, string>;
  /** GITHUB_ variables. */
  variables: Record<string, string>;
  /** Of the machine, so in every job. */
  env?: Record<string, string>;
  path?: string[];
};

/** A token that the runner asks for and that is nobody's: each job has one of its own. */
const NO_TOKEN = "ghs_ofNoJobInParticular";

/** Starts the workflow runner, and follows it. */
export async function startRun(
  prepared: Prepared,
  over: (result: RunResult) => void,
): Promise<Run> {
  const { id, machine, log, results, admission, gate } = prepared;
  const stdout = new PassThrough();
  const lines = createInterface({ input: stdout });
  const read = new Promise((resolve) =>
    lines.on("line", (line) => log.read(line)).on("close", resolve),
  );
  const runner = await startAct(prepared, stdout);
  let ended: Ended | undefined;

  const finished = runner.exited.then(async ({ code }) => {
    await read;
    for (const visit of admission.visits) settle(visit, log, admission);
    const result = concludeRun(id, jobsWithSteps(prepared.jobs), log, { code, ended });
    over(result);
    return result;
  });
  const end = (how: Ended["how"]) => {
    ended ??= { how, ...runningIn(log) };
  };

  return {
    id,
    finished,
    cancel: async () => {
      end("cancelled");
      await cancelSteps(runner.pid, machine, (workspace) => staysUp(workspace, prepared));
      return finished;
    },
    kill: async () => {
      end("lost");
      await killMachine(runner.pid, machine);
      return finished;
    },
    everything: async () => [
      { where: "log", bytes: Buffer.from(log.raw.join("\n")) },
      ...(await tracesOf(machine, results, String(id))),
    ],
    environments: async () => {
      const nameOf = (workspace: string) => log.workspaces.get(workspace)?.name ?? "";
      const found = await environmentsOf(machine);
      return found.map((step) => ({ ...step, job: nameOf(step.workspace) }));
    },
    [Symbol.asyncDispose]: async () => {
      if (!ended && runner.alive()) await killMachine(runner.pid, machine);
      await runner.stop(0);
      await finished;
      await gate[Symbol.asyncDispose]();
    },
  };
}

async function startAct(
  { machine, served, event, actor, secrets, vars, variables, env, path }: Prepared,
  stdout: PassThrough,
): Promise<Process & { alive: () => boolean }> {
  const file = async (name: string, content: object) => {
    const at = join(machine.hidden, name);
    await writeFile(at, JSON.stringify(content), { mode: 0o600 });
    return at;
  };
  const args = [
    ...[event.name, "--json", "--insecure-secrets", "--no-cache-server", "--pull=false"],
    ...["--directory", machine.product, "--workflows", served.workflow, "--actor", actor],
    ...["--action-cache-path", machine.work, "--platform", "ubuntu-latest=-self-hosted"],
    ...["--eventpath", await file("event.json", event.payload)],
    ...["--secret-file", await file("secrets.yml", { ...secrets, GITHUB_TOKEN: NO_TOKEN })],
    ...["--var-file", await file("vars.yml", vars)],
    ...["--env-file", await file("env.yml", variables)],
    ...["--input-file", await file("inputs.yml", {}), "--concurrent-jobs", "4"],
    ...served.repositories.flatMap((repository) => ["--local-repository", repository]),
  ];
  const process = await startProcess({
    ...{ command: await tool("act"), args, name: "act", cwd: machine.hidden, stdout },
    env: machineEnvironment(machine, { env, path }),
  });
  let alive = true;
  process.exited.then(() => {
    alive = false;
  });
  return { ...process, alive: () => alive };
}

function settle(visit: Admission["visits"][number], log: RunLog, admission: Admission): void {
  admission.end(visit);
  const job = log.workspaces.get(visit.workspace);
  if (job) Object.assign(job, { outputs: visit.outputs ?? {}, environment: visit.environment });
  admission.conclude(visit, job?.conclusion === "success" ? "success" : "failure");
}

function runningIn(log: RunLog): Omit<Ended, "how"> {
  const jobs = [...log.jobs.values()].filter(({ conclusion }) => conclusion === "running");
  const steps = jobs.flatMap((job) => job.steps.filter((step) => step.conclusion === "running"));
  return { jobs, steps };
}

/** GitHub lets a step go on whose condition holds for a cancelled run as well, and posts. */
function staysUp(workspace: string, prepared: Prepared): boolean {
  const visit = prepared.admission.visits.find((known) => known.workspace === workspace);
  const job = prepared.log.workspaces.get(workspace);
  const step = job?.steps.find(({ conclusion }) => conclusion === "running");
  if (!visit || !step) return false;
  if (step.stage === "post") return true;

  const steps: { id?: string; if?: unknown }[] = visit.planned.yaml.steps ?? [];
  const planned = steps.find((one, index) => (one.id ?? String(index + 1)) === step.id);
  return /(?<!!\s*)\b(always|cancelled)\(\)/.test(String(planned?.if ?? ""));
}
