import { type Annotation, parseAnnotation } from "./annotation.ts";
import type { Masks } from "./masks.ts";
import { GATE_STEP } from "./serve.ts";
import type { Job } from "./workflow.ts";

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

export type StepResult = {
  id: string;
  name: string;
  stage: "pre" | "main" | "post";
  conclusion: Conclusion | "running";
  outputs: Record<string, string>;
  /** Markdown that the step wrote to its summary. */
  summary: string;
  annotations: Annotation[];
  /** What is shown of its output, with `***` in place of masked values. */
  log: string[];
  /** What it set for the steps after it. */
  env: Record<string, string>;
  path: string[];
};

export type JobResult = {
  /** As the run's page shows it: `release / apply (staging)`. */
  name: string;
  id: string;
  matrix: Record<string, unknown>;
  conclusion: Conclusion | "running";
  environment?: string;
  outputs: Record<string, string>;
  /** Annotations of the job itself, such as the refusal of its environment. */
  annotations: Annotation[];
  steps: StepResult[];
};

/** One line of a step's output. */
export type LogLine = { job: string; step: string; text: string };

/** What the runner writes with `--json`, as far as it is used. */
type Entry = {
  msg: string;
  level: string;
  job?: string;
  matrix?: Record<string, unknown>;
  stepID?: string[];
  step?: string;
  stage?: string;
  stepResult?: string;
  jobResult?: string;
  raw_output?: boolean;
  command?: string;
  arg?: string;
  name?: string;
  content?: string;
  /** The line of a command as it was written. */
  raw?: string;
};

/** The colours of a terminal, which the runner gives every step and GitHub does not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const COLOURS = /\u001b\[[0-9;?]*[A-Za-z]/g;

/** A run as far as the runner's log tells it: its jobs and steps, while they run and afterwards. */
export class RunLog {
  /** Jobs that have begun, a leg of a matrix each by itself. */
  readonly jobs = new Map<string, JobResult>();
  /** Output of steps before masking. */
  readonly raw: string[] = [];
  /** What the runner itself had to say and belongs to no job. */
  readonly notes: string[] = [];
  readonly masks: Masks;
  /** Jobs by the folder that they work in. */
  readonly workspaces = new Map<string, JobResult>();
  readonly #planned: Map<number, Job>;
  /** What is shown of the legs of matrices, by the names that the runner shows: ` (5)`. */
  readonly #legs = new Map<string, string>();
  readonly #composites = new Set<StepResult>();
  readonly #onLine: (line: LogLine) => void;

  constructor(planned: Job[], masks: Masks, onLine: (line: LogLine) => void) {
    this.#planned = new Map(planned.map((job) => [job.number, job]));
    this.masks = masks;
    this.#onLine = onLine;
  }

  /** Takes one line of the runner's log. */
  read(line: string) {
    const entry = parseEntry(line);
    if (!entry || entry.job === undefined) {
      if (line.trim()) this.notes.push(entry?.msg ?? line);
      return;
    }
    const job = this.#jobOf(entry.job, entry.matrix ?? {});
    if (!job) return;
    if (entry.jobResult) job.conclusion = concludeJob(job, entry.jobResult);
    if (entry.stepID?.[0] === GATE_STEP) return this.#readGate(job, entry);
    if (!entry.stepID?.[0] || !entry.stage) {
      if (entry.level === "error") job.annotations.push({ level: "error", message: entry.msg });
      return;
    }
    const step = stepOf(job, entry.stepID[0], entry.stage, entry.step ?? "");
    if (entry.raw_output) return this.#print(job, step, entry.msg);
    if (entry.command) return this.#obey(job, step, entry);
    concludeStep(step, entry);
  }

  /**
   * The runner shows a job as the names that serve.ts gave it and its caller: `#1-2/Release/#3`.
   */
  #jobOf(shown: string, matrix: Record<string, unknown>): JobResult | undefined {
    const parts = shown.match(/#\d+(-\d+)?/g) ?? [];
    const own = parts.at(-1) ?? "";
    const planned = this.#planned.get(numberOf(own));
    this.#legs.set(own, legOf(matrix));
    if (!planned || planned.calls) return undefined;

    const key = parts.join(" ");
    const known = this.jobs.get(key);
    if (known) return known;
    const { trail, id } = planned;
    const names = trail.map((name, index) => {
      return name + (this.#legs.get(parts.at(index - trail.length) ?? "") ?? "");
    });
    const job: JobResult = {
      ...{ id, name: names.join(" / "), matrix, conclusion: "running" },
      ...{ outputs: {}, annotations: [], steps: [] },
    };
    this.jobs.set(key, job);
    return job;
  }

  /** Of the world's own step, only its refusals are the job's. */
  #readGate(job: JobResult, { raw = "", msg }: Entry): void {
    const annotation = parseAnnotation(raw);
    if (annotation) job.annotations.push(annotation);
    const [, workspace] = /^workspace (.+?)\s*$/.exec(msg) ?? [];
    if (workspace) this.workspaces.set(workspace, job);
  }

  #print(job: JobResult, step: StepResult, message: string): void {
    const text = message.replace(/\r?\n$/, "").replace(COLOURS, "");
    this.raw.push(text);
    const shown = this.masks.apply(text);
    step.log.push(shown);
    this.#onLine({ job: job.name, step: step.name, text: shown });
  }

  #obey(job: JobResult, step: StepResult, entry: Entry) {
    const { command, arg = "", name = "", content = "", raw = "", stepID = [] } = entry;
    const nested = stepID.length > 1;
    // A mask is told to the runner, and shown to nobody.
    if (raw && command !== "add-mask") this.raw.push(raw.trimEnd());
    switch (command) {
      case "add-mask":
        return this.masks.add(arg);
      case "set-output":
        if (!nested) step.outputs[name] = arg;
        return;
      case "set-env":
        step.env[name] = arg;
        return;
      case "add-path":
        step.path.push(arg);
        return;
      case "summary":
        // A composite action's steps tell theirs, and then it tells the last of them once more.
        if (nested) this.#composites.add(step);
        if (nested || !this.#composites.has(step)) step.summary += content;
        return;
    }
    // The runner itself takes a message for a property when there is a `::` in it.
    const annotation = parseAnnotation(raw);
    if (!annotation) return;
    const message = this.masks.apply(annotation.message);
    step.annotations.push({ ...annotation, message });
    this.#print(job, step, `##[${annotation.level}]${annotation.message}`);
  }
}

/** The number of a job in the plan, from the last name in what the runner shows. */
export function numberOf(key: string): number {
  return Number(/#(\d+)(?:-\d+)?$/.exec(key)?.[1]);
}

function legOf(matrix: Record<string, unknown>): string {
  const values = Object.values(matrix).map((value) =>
    typeof value === "object" ? JSON.stringify(value) : String(value),
  );
  return values.length > 0 ? ` (${values.join(", ")})` : "";
}

function parseEntry(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

function stepOf(job: JobResult, id: string, stage: string, name: string): StepResult {
  const at = stage.toLowerCase() as StepResult["stage"];
  const known = job.steps.find((step) => step.id === id && step.stage === at);
  if (known) return known;
  const step: StepResult = {
    ...{ id, name, stage: at, conclusion: "running", outputs: {}, summary: "" },
    ...{ annotations: [], log: [], env: {}, path: [] },
  };
  // Actions are looked up before they run, which is no step of its own.
  if (at !== "pre") job.steps.push(step);
  return step;
}

const FORGIVEN = "Failed but continue next step";

function concludeStep(step: StepResult, { msg, stepID, stepResult }: Entry): void {
  if (stepID?.length !== 1) return;
  if (msg === FORGIVEN) step.conclusion = "success";
  if (stepResult === "success") step.conclusion = "success";
  if (stepResult === "failure" && step.conclusion === "running") step.conclusion = "failure";
}

/** The runner calls every leg of a matrix failed once one has: a leg's own steps tell. */
function concludeJob(job: JobResult, result: string): Conclusion {
  const failed = job.steps.some((step) => step.conclusion === "failure");
  if (failed || (result === "failure" && job.annotations.length > 0)) return "failure";
  const oneOfMany = Object.keys(job.matrix).length > 0;
  return result === "failure" && !oneOfMany ? "failure" : "success";
}
