import { once } from "node:events";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { WorkflowRun } from "../github/state.ts";
import type { Process } from "../process.ts";
import { startAct } from "./act.ts";
import type { Admission } from "./admission.ts";
import { cancelSteps, killMachine } from "./cancel.ts";
import type { Event } from "./event.ts";
import type { Listening } from "./listen.ts";
import type { Machine } from "./machine.ts";
import type { Results } from "./results.ts";
import type { RunLog } from "./run-log.ts";
import { concludeRun, type Ended, type RunResult } from "./run-result.ts";
import type { Served } from "./serve.ts";
import { environmentsOf, type StepEnvironment, type Trace, tracesOf } from "./traces.ts";
import { type Job, jobsWithSteps } from "./workflow.ts";

/** No run of a test takes as long. */
const LONGEST_MS = 15 * 60_000;
const LAST_LINES_MS = 30_000;
const SHOWN_LINES = 20;

export type Run = AsyncDisposable & {
  readonly id: number;
  /** As GitHub lists it: what a `workflow_run` workflow is told. */
  readonly record: WorkflowRun;
  /**
   * Settles when all is over, however it ends; a failure is a result, not an error. Rejects when it
   * has not come to an end in 15 minutes, with what was said last.
   */
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
  record: WorkflowRun;
  /** Goes with the run. */
  folder: AsyncDisposable;
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

/** Starts the workflow runner, and follows it. */
export async function startRun(
  prepared: Prepared,
  over: (result: RunResult) => void,
): Promise<Run> {
  const stdout = new PassThrough();
  const lines = createInterface({ input: stdout });
  lines.on("line", (line) => prepared.log.read(line));
  const read = once(lines, "close");
  const runner = await startAct(prepared, stdout);
  return new LiveRun(prepared, runner, read, over);
}

class LiveRun implements Run {
  readonly id: number;
  readonly record: WorkflowRun;
  readonly finished: Promise<RunResult>;
  readonly #prepared: Prepared;
  readonly #runner: Process;
  #alive = true;
  #ended: Ended | undefined;
  #disposed: Promise<void> | undefined;

  constructor(
    prepared: Prepared,
    runner: Process,
    read: Promise<unknown>,
    over: (result: RunResult) => void,
  ) {
    this.id = prepared.record.id;
    this.record = prepared.record;
    this.#prepared = prepared;
    this.#runner = runner;
    let isOverdue = false;
    const overdue = setTimeout(() => {
      isOverdue = true;
      this.kill();
    }, LONGEST_MS);
    this.finished = runner.exited.then(async ({ code }) => {
      this.#alive = false;
      clearTimeout(overdue);
      // What a job left behind may hold the runner's output open.
      await Promise.race([read, sleep(LAST_LINES_MS, undefined, { ref: false })]);
      const result = this.#conclude(code);
      over(result);
      if (isOverdue) throw new Error(stillIn(prepared.log));
      return result;
    });
    this.finished.catch(() => {});
  }

  async cancel(): Promise<RunResult> {
    const { machine } = this.#prepared;
    const keep = (workspace: string) => staysUp(workspace, this.#prepared);
    if (this.#end("cancelled")) await cancelSteps(this.#runner.pid, machine, keep);
    return this.finished;
  }

  async kill(): Promise<RunResult> {
    if (this.#end("lost")) await killMachine(this.#runner.pid, this.#prepared.machine);
    return this.finished;
  }

  async everything(): Promise<Trace[]> {
    const { log, machine, results } = this.#prepared;
    const lines = Buffer.from(log.raw.join("\n"));
    return [{ where: "log", bytes: lines }, ...(await tracesOf(machine, results, String(this.id)))];
  }

  async environments() {
    const { log, machine } = this.#prepared;
    const found = await environmentsOf(machine);
    return found.map((step) => {
      return { ...step, job: log.workspaces.get(step.workspace)?.name ?? "" };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    await this.kill();
    await this.#runner.stop(0);
    await this.#prepared.gate[Symbol.asyncDispose]();
    await this.#prepared.folder[Symbol.asyncDispose]();
  }

  /** Notes how it ends, unless it has ended: its process id may be another's by then. */
  #end(how: Ended["how"]): boolean {
    if (this.#alive) this.#ended ??= { how, ...runningIn(this.#prepared.log) };
    return this.#alive;
  }

  #conclude(code: number | null): RunResult {
    const { admission, jobs, log } = this.#prepared;
    for (const visit of admission.visits) settle(visit, log, admission);
    return concludeRun(this.id, jobsWithSteps(jobs), log, { code, ended: this.#ended });
  }
}

function settle(visit: Admission["visits"][number], log: RunLog, admission: Admission): void {
  admission.end(visit);
  const job = log.workspaces.get(visit.workspace);
  if (job) Object.assign(job, { outputs: visit.outputs ?? {}, environment: visit.environment });
  admission.conclude(visit, job?.conclusion === "success" ? "success" : "failure");
}

/** Where a run was when it was given up. */
function stillIn(log: RunLog): string {
  const { steps } = runningIn(log);
  const [at] = steps.map(({ name }) => name);
  const lines = steps.flatMap((step) => step.log).slice(-SHOWN_LINES);
  return `The run did not end; it was in "${at ?? "no step"}", which said:\n${lines.join("\n")}`;
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
