import { join } from "node:path";
import type { Github } from "../github/github.ts";
import type { WorkflowRun } from "../github/state.ts";
import type { Issuer } from "../issuer.ts";
import type { Secret } from "../secret.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { Approve } from "./admission.ts";
import type { Trigger } from "./event.ts";
import { makeMachine } from "./machine.ts";
import { prepareRun } from "./prepare.ts";
import { readProduct } from "./product.ts";
import type { Results } from "./results.ts";
import type { Run } from "./run.ts";
import type { LogLine } from "./run-log.ts";
import { resultOf } from "./run-result.ts";
import { exportLibrary, type Library } from "./sources.ts";
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
  /** What jobs were given: their tokens for artifacts and caches, and the secrets of their runs. */
  secrets(): Secret[];
};

export type Services = { github: Github; issuer: Issuer; results: Results };

/**
 * GitHub Actions on this machine: workflow runs as `act` carries them out and GitHub judges them.
 */
export async function startRunner(world: Services, libraries: Library[] = []): Promise<Runner> {
  const folder = await temporaryFolder("libraries");
  const sources = new Map<string, Source>();
  const runs: Run[] = [];
  const secrets: Secret[] = [];
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
      secrets.push(...secretsOf(options));
      const run = await openRun(world, [...sources.values()], options);
      runs.push(run);
      return run;
    },
    secrets: () => [...world.results.secrets(), ...secrets],
    [Symbol.asyncDispose]: async () => {
      await Promise.all(runs.map((run) => run[Symbol.asyncDispose]()));
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** All of a secret, each of its lines, and the key at the end of a URL. */
function secretsOf({ secrets = {} }: RunOptions): Secret[] {
  return Object.entries(secrets).flatMap(([name, secret]) => {
    const lines = secret.split(/\r?\n/);
    const keys = lines.flatMap((line) => /:\/\/\S+\/(\S+)$/.exec(line)?.[1] ?? []);
    const values = [secret, ...lines, ...keys].filter((value) => value.trim());
    return values.map((value) => ({ what: `secret ${name}`, value }));
  });
}

async function openRun(world: Services, libraries: Source[], options: RunOptions): Promise<Run> {
  const folder = await twoFolders();
  try {
    const machine = await makeMachine(folder.seen, folder.hidden, options.home);
    const opening = await readProduct(world.github, machine, options);
    const prepared = prepareRun(world, libraries, options, { ...opening, machine, folder });
    return await prepared.catch((error) => neverStarted(opening.run, folder, error));
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

function neverStarted(record: WorkflowRun, folder: AsyncDisposable, error: unknown): Run {
  if (!(error instanceof StartupFailure)) throw error;
  Object.assign(record, { status: "completed", conclusion: "startup_failure" });
  const { id } = record;
  const finished = Promise.resolve(resultOf(id, "startup_failure", error.message, []));
  return {
    ...{ id, record, finished, cancel: () => finished, kill: () => finished },
    ...{ everything: async () => [], environments: async () => [] },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
