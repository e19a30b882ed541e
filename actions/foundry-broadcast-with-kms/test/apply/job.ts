import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseInputs, variable } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { type Process, startProcess } from "@playbook/world";
import { schema } from "../../src/inputs.ts";
import { run } from "../../src/run.ts";
import { type Given, job, type Office } from "./office.ts";

const source = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
const parse = parseInputs(schema);

function variables(given: Given): Record<string, string> {
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [[variable(name), value]],
  );
  return Object.fromEntries(entries);
}

function pairs(given: Given): string[] {
  return Object.entries(variables(given)).map(([name, value]) => `${name}=${value}`);
}

/** A step of a job in this process, from its inputs on. */
export async function attempt(given: Given) {
  const context = contextForTests();
  const inputs = { ...parse(variables(given)), repository: job.repository, commit: null };
  return { ...(await run(inputs, context)), context };
}

export type Ended = Awaited<Process["exited"]> & {
  output: string;
  outputs: Record<string, string>;
  summary: string;
};

export type Step = { process: Process; ended: Promise<Ended> };

/** What a step runs, and where; without it the action's source, in a new folder. */
export type Place = { cwd?: string; script?: string | undefined };

/** A step of a job in a process of its own, as GitHub's runner starts it. */
export async function launch(
  { world, aws }: { world: Pick<Office["world"], "dir">; aws?: Pick<Office["aws"], "url"> },
  given: Given,
  env: Record<string, string> = {},
  place: Place = {},
): Promise<Step> {
  const { cwd = await mkdtemp(join(world.dir, "job-")), script = source } = place;
  const files = { GITHUB_OUTPUT: join(cwd, "output"), GITHUB_STEP_SUMMARY: join(cwd, "summary") };
  for (const path of Object.values(files)) await writeFile(path, "");
  const { PATH = "", HOME = "", ACTIONS_ID_TOKEN_REQUEST_URL = "" } = process.env;
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN = "" } = process.env;

  const started = await startProcess({
    name: given.mode ?? "apply",
    // A shell stands before it, which would lose the inputs: their names are none to it.
    command: "env",
    args: [...pairs(given), process.execPath, "--disable-warning=ExperimentalWarning", script],
    cwd,
    env: {
      PATH,
      HOME,
      // Compiled code is kept between runs, which are many and short.
      NODE_COMPILE_CACHE: join(world.dir, "compiled"),
      GITHUB_ACTIONS: "true",
      GITHUB_REPOSITORY: job.repository,
      ...(aws ? { AWS_ENDPOINT_URL: aws.url } : {}),
      ACTIONS_ID_TOKEN_REQUEST_URL,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN,
      ...files,
      ...env,
    },
  });
  return { process: started, ended: endOf(started, files) };
}

async function endOf(
  started: Process,
  files: { GITHUB_OUTPUT: string; GITHUB_STEP_SUMMARY: string },
): Promise<Ended> {
  const { code, signal } = await started.exited;
  await started.stop(0);
  const outputs = outputsIn(await readFile(files.GITHUB_OUTPUT, "utf8"));
  const summary = await readFile(files.GITHUB_STEP_SUMMARY, "utf8");
  return { code, signal, output: started.output(), outputs, summary };
}

/** `name<<delimiter`, lines, `delimiter`, as the runner reads it. */
function outputsIn(text: string): Record<string, string> {
  const found = text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n\2$/gm);
  return Object.fromEntries([...found].map(([, name = "", , value = ""]) => [name, value]));
}
