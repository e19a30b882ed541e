import { type Process, startProcess } from "@playbook/world";
import type { End } from "./fault.ts";

export type Command = {
  args: [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
};

/** The same for both: what takes longer hangs. */
const LIMIT_MS = 60_000;

/** One run of a program, to its end or to the time limit. */
export type Attempt = {
  /** `time limit` when it had to be ended. */
  end: End;
  ms: number;
  output: string;
};

/** A program of whose children a shell would lose the names, and that outlives a full disk. */
const WRAP = ["-c", 'trap "" XFSZ; exec "$@"', "sh"];

/**
 * Runs a program; `started` is handed the process, `endOf` reads how it ended out of what it said.
 */
export async function attempt(
  { args, cwd, env }: Command,
  started: (run: Process) => void,
  endOf: (code: number, output: string) => End,
): Promise<Attempt> {
  const from = performance.now();
  const run = await startProcess({ command: "sh", args: [...WRAP, ...args], cwd, env });
  started(run);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void run.stop(0);
  }, LIMIT_MS);

  const { code, signal } = await run.exited;
  clearTimeout(timer);
  await run.stop(0);
  const output = run.output();
  const end = late ? "time limit" : (signal ?? endOf(code ?? 1, output));
  return { end, ms: performance.now() - from, output };
}
