import { spawn } from "node:child_process";

export type Environment = Record<string, string | undefined>;

export type ChildOptions = {
  /** All that it gets to know of the environment. */
  env: Environment;
  cwd?: string;
  signal?: AbortSignal;
  /** Called with each line that it writes, as it comes. */
  onLine?: (line: string) => void;
};

export type Ended = { code: number | null; stdout: string; stderr: string };

/** How much of a program's output is kept, in characters: the end of it. */
const KEPT = 4_000_000;

/**
 * Runs a program to its end, whatever that is. On abort it dies with all of its own children, and
 * the signal's reason is thrown. Throws what `spawn` says when it cannot be started.
 */
export async function runChild(
  command: string,
  args: string[],
  { env, cwd, signal, onLine }: ChildOptions,
): Promise<Ended> {
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    cwd,
    env: env as NodeJS.ProcessEnv,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.pid && killGroup(child.pid);
  signal?.addEventListener("abort", kill, { once: true });

  const stdout = keep(child.stdout, onLine);
  const stderr = keep(child.stderr, onLine);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject).once("close", resolve);
  try {
    const code = await promise;
    signal?.throwIfAborted();
    return { code, stdout: stdout(), stderr: stderr() };
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function keep(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string {
  let text = "";
  let line = "";
  stream.setEncoding("utf8");
  stream.on("data", (data: string) => {
    text = (text + data).slice(-KEPT);
    if (!onLine) return;
    const lines = (line + data).split("\n");
    line = lines.pop() ?? "";
    for (const whole of lines) onLine(whole);
  });
  return () => text;
}
