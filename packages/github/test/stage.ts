import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Github, type Results, startGithub, startResults } from "@playbook/world";

export type Stage = AsyncDisposable & {
  results: Results;
  github: Github;
  /** A folder of its own, which goes with it. */
  folder: string;
  /** The environment of a job of this run. */
  inRun(id: number): void;
};

/**
 * GitHub and its artifacts, for clients that are loaded from now on: they read the address once,
 * as they are loaded, and also then whether they tell every step of theirs.
 */
export async function openStage(): Promise<Stage> {
  const environment = { ...process.env };
  const { write } = process.stdout;
  const { error } = console;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => {
    process.stdout.write = write;
    console.error = error;
    process.env = environment;
  });
  process.stdout.write = () => true;
  console.error = () => {};
  const folder = await mkdtemp(join(tmpdir(), "github-test-"));
  stack.defer(() => rm(folder, { recursive: true }));
  const results = stack.use(await startResults());
  const github = stack.use(await startGithub({ results }));
  process.env.GITHUB_API_URL = github.url;

  const parts = stack.move();
  return {
    ...{ results, github, folder },
    inRun: (id) => void Object.assign(process.env, results.env(String(id))),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
