import { appendFile } from "node:fs/promises";
import * as core from "@actions/core";
import { concealEnvironment } from "./conceal.ts";
import { type Context, cancelled, realClock } from "./context.ts";
import { explain, explanationOf } from "./error.ts";
import { failureSummary, fit, outputText, type Report } from "./report.ts";
import { checkRunner } from "./runner.ts";

/** GitHub ends a job after six hours; an action stops itself before, while it can still report. */
const DEADLINE_MS = 5.5 * 3_600_000;

/** Node's timers know no longer time: a longer one would come at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** After a first signal GitHub leaves 7.5 s: the state and the summary are written within 5 s. */
const LAST_WORDS_MS = 4_500;

/** A title of an annotation is one line of a list. */
const TITLE_LENGTH = 200;

type Deadline = { deadline?: number };

type Options = {
  /**
   * The run keeps its input `deadline` by itself, and has more to do after it: it is not ended
   * then.
   */
  keepsDeadline?: boolean;
};

/**
 * Runs an action: reads its inputs, runs it, writes outputs and summary, and turns whatever is
 * thrown into one annotation, one summary and exit code 1. On SIGINT, SIGTERM and at its deadline
 * the context's signal is aborted, and the process ends within 5 s whatever still hangs.
 */
export async function start<Inputs>(
  run: (inputs: Inputs, context: Context) => Promise<Report>,
  parse: () => Inputs,
  options: Options = {},
): Promise<void> {
  concealEnvironment();
  const stop = new AbortController();
  endOn(stop);
  try {
    const over = lastWords(stop.signal);
    const report = await Promise.race([over, begin(run, parse, stop, options)]);
    await publish(report);
    if (report.failure) annotate(report.failure);
  } catch (error) {
    annotate(error);
    await writeSummary(failureSummary(error));
  }
  // What is still under way (a request that hangs, a connection kept open) is of no use any more.
  process.exit();
}

async function begin<Inputs>(
  run: (inputs: Inputs, context: Context) => Promise<Report>,
  parse: () => Inputs,
  stop: AbortController,
  { keepsDeadline = false }: Options,
): Promise<Report> {
  checkRunner(process);
  const inputs = parse();
  const { deadline = DEADLINE_MS }: Deadline = keepsDeadline ? {} : (inputs as Deadline);
  const end = () => stop.abort(cancelled("Its deadline has come."));
  setTimeout(end, Math.min(deadline, LONGEST_TIMER_MS)).unref();
  return run(inputs, actionContext(stop.signal));
}

function endOn(stop: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => stop.abort(cancelled(`It got ${signal}: somebody cancelled it.`)));
  }
}

/** Rejects a while after the run was told to end, for a run that does not listen. */
function lastWords(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => setTimeout(() => reject(signal.reason), LAST_WORDS_MS));
  return promise;
}

function actionContext(signal: AbortSignal): Context {
  return {
    clock: realClock,
    signal,
    progress: (line) => core.info(line),
    warn: (line) => core.warning(line),
    mask: (secret) => {
      if (secret !== "" && process.env.GITHUB_ACTIONS) core.setSecret(secret);
    },
  };
}

/**
 * What failed and what to do about it comes first in the summary, then what else there is to say.
 */
async function publish({ outputs, summary, failure }: Report): Promise<void> {
  if (!process.env.GITHUB_OUTPUT) {
    if (summary) process.stdout.write(`\n${summary}\n`);
    process.stdout.write(`\n${JSON.stringify(outputs, (_, v) => outputValue(v), 2)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, outputText(value));
  const parts = [failure && failureSummary(failure), summary].filter(Boolean);
  if (parts.length > 0) await writeSummary(parts.join("\n\n"));
}

function outputValue(value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

async function writeSummary(markdown: string): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file) await appendFile(file, `${fit(markdown, "the log and the artifact")}\n`);
}

function annotate(error: unknown): void {
  process.exitCode = 1;
  if (process.env.GITHUB_ACTIONS) {
    core.error(explain(error), { title: explanationOf(error).what.slice(0, TITLE_LENGTH) });
  } else {
    process.stderr.write(`\nerror: ${explain(error)}\n`);
  }
}
