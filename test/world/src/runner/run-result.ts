import { type JobResult, numberOf, type RunLog, type StepResult } from "./run-log.ts";
import type { Job } from "./workflow.ts";

export type RunConclusion =
  | "success"
  | "failure"
  | "cancelled"
  /** GitHub did not start it; `message` says why. */
  | "startup_failure"
  /** Its machine vanished. */
  | "lost";

export type RunResult = {
  id: number;
  conclusion: RunConclusion;
  message: string;
  /** In the order of the workflow's files; legs of a matrix each by itself, skipped ones too. */
  jobs: JobResult[];
  /** The job with that name or id; one that is not there is an error. */
  job(name: string): JobResult;
};

/** How a run was ended from outside, and which jobs ran at that moment. */
export type Ended = { how: "cancelled" | "lost"; jobs: JobResult[]; steps: StepResult[] };

export function concludeRun(
  id: number,
  planned: Job[],
  log: RunLog,
  { code, ended }: { code: number | null; ended: Ended | undefined },
): RunResult {
  for (const job of ended?.jobs ?? [])
    job.conclusion = ended?.how === "lost" ? "failure" : "cancelled";
  for (const step of ended?.steps ?? []) {
    if (step.conclusion !== "success") step.conclusion = "cancelled";
  }
  const jobs = planned.flatMap((job) => resultsOf(job, log, ended));
  const failed = jobs.some(({ conclusion }) => conclusion === "failure");
  const conclusion = ended?.how ?? (failed || code !== 0 ? "failure" : "success");
  return resultOf(id, conclusion, log.notes.join("\n"), jobs);
}

export function resultOf(
  id: number,
  conclusion: RunConclusion,
  message: string,
  jobs: JobResult[],
): RunResult {
  const job = (name: string) => {
    const found = jobs.find((one) => one.name === name) ?? jobs.find((one) => one.id === name);
    if (found) return found;
    const names = jobs.map((one) => one.name).join(", ") || "none";
    throw new Error(`no job '${name}' in the run (${names}): ${conclusion}\n${message}`);
  };
  return { id, conclusion, message, jobs, job };
}

function resultsOf(planned: Job, log: RunLog, ended: Ended | undefined): JobResult[] {
  const begun = [...log.jobs]
    .filter(([key]) => numberOf(key) === planned.number)
    .sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }))
    .map(([, job]) => withSkippedSteps(job, planned));
  if (begun.length > 0) return begun;
  const conclusion = ended?.how === "cancelled" ? "cancelled" : "skipped";
  const { id, name } = planned;
  return [{ id, name, matrix: {}, conclusion, outputs: {}, annotations: [], steps: [] }];
}

/** The runner says nothing of steps that it skips. Its numbers count the gate as step 0. */
function withSkippedSteps(job: JobResult, { yaml }: Job): JobResult {
  const steps: { id?: string; name?: string; uses?: string; run?: string }[] = yaml.steps ?? [];
  const main = steps.map((step, index): StepResult => {
    const id = step.id ?? String(index + 1);
    const ran = job.steps.find((known) => known.id === id && known.stage === "main");
    if (ran) return ran;
    const name = step.name ?? step.uses ?? step.run ?? id;
    return {
      ...{ id, name, stage: "main", conclusion: "skipped", outputs: {}, summary: "" },
      ...{ annotations: [], log: [], env: {}, path: [] },
    };
  });
  // Every composite action has a post, most of which do nothing.
  const post = job.steps.filter(({ stage, log }) => stage === "post" && log.length > 0);
  return { ...job, steps: [...main, ...post] };
}
