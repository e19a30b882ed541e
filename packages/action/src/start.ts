import { appendFile } from "node:fs/promises";
import * as core from "@actions/core";
import { type Context, cancelled, realClock } from "./context.ts";
import { ActionError, explain } from "./error.ts";
import { fit, outputText, type Report } from "./report.ts";

/** GitHub ends a job after six hours; an action stops itself before, while it can still report. */
const DEADLINE_MS = 5.5 * 3_600_000;

/** After a first signal GitHub leaves 7.5 s; the state and the summary are written within 5 s. */
const LAST_WORDS_MS = 5_000;

type Deadline = { deadline?: number };

/**
 * Runs an action: reads its inputs, runs it, writes outputs and summary, and turns whatever is thrown
 * into one annotation and a non-zero exit. On SIGINT or SIGTERM the context's signal is aborted.
 */
export async function start<Inputs>(
  run: (inputs: Inputs, context: Context) => Promise<Report>,
  parse: () => Inputs,
): Promise<void> {
  const stop = new AbortController();
  endOn(stop);
  try {
    checkMachine(process.platform, process.arch);
    const inputs = parse();
    const deadline = (inputs as Deadline).deadline ?? DEADLINE_MS;
    const timer = setTimeout(() => stop.abort(cancelled("Its deadline has come.")), deadline);
    timer.unref();

    await publish(await run(inputs, actionContext(stop.signal)));
  } catch (error) {
    await fail(error);
  }
}

function endOn(stop: AbortController): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      stop.abort(cancelled(`It got ${signal}: somebody cancelled it.`));
      setTimeout(() => process.exit(1), LAST_WORDS_MS).unref();
    });
  }
}

function checkMachine(platform: string, arch: string): void {
  if (platform === "linux" && (arch === "x64" || arch === "arm64")) return;
  if (!process.env.GITHUB_ACTIONS) return;
  throw new ActionError("unsupported-machine", {
    what: `This runner is ${platform} ${arch}.`,
    why: "The actions are built and tested for Linux on x64 and arm64 only.",
    next: "Use runs-on: ubuntu-latest, or a self-hosted Linux runner.",
  });
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

async function publish({ outputs, summary }: Report): Promise<void> {
  if (!process.env.GITHUB_OUTPUT) {
    if (summary) process.stdout.write(`\n${summary}\n`);
    process.stdout.write(`\n${JSON.stringify(outputs, (_, v) => outputValue(v), 2)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, outputText(value));
  if (summary) await writeSummary(summary);
}

function outputValue(value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

async function writeSummary(markdown: string): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file) await appendFile(file, `${fit(markdown, "the log and the artifact")}\n`);
}

async function fail(error: unknown): Promise<void> {
  process.exitCode = 1;
  if (!process.env.GITHUB_ACTIONS) {
    process.stderr.write(`\nerror: ${explain(error)}\n`);
    return;
  }
  const title = error instanceof ActionError ? error.what : "Unexpected failure";
  core.error(explain(error), { title: title.slice(0, 200) });
  const report = error instanceof ActionError ? failureSummary(error) : undefined;
  if (report) await writeSummary(report);
}

function failureSummary({ what, why, next, code }: ActionError): string {
  return [
    "> [!CAUTION]",
    `> **${what}**`,
    ">",
    `> ${why}`,
    ">",
    `> **Next:** ${next} (\`${code}\`)`,
  ].join("\n");
}
