import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Duplex, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const guardScript = fileURLToPath(new URL("./process-guard.sh", import.meta.url));

/** How much of a program's output is kept, in characters: the end of it. */
const OUTPUT_KEPT = 200_000;
const OUTPUT_SHOWN = 4_000;

export type ProcessOptions = {
  command: string;
  args?: string[];
  /** The whole environment; without it, the PATH and HOME of this process and nothing else. */
  env?: Record<string, string>;
  cwd?: string;
  /** Gets all that the program writes to its standard output, and its end. */
  stdout?: Writable;
  /** What it is called in errors. */
  name?: string;
  /**
   * Whether the program is up, asked again and again with its output so far (stdout and stderr as
   * they came). A probe that throws or rejects means "not yet".
   */
  ready?: (output: string) => boolean | Promise<boolean>;
  /** How long it may take until it is ready. */
  deadlineMs?: number;
};

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type Process = AsyncDisposable & {
  readonly name: string;
  /** The program's own, which is also the id of its process group. */
  readonly pid: number;
  /** Settles when the program ends, whatever ends it. */
  readonly exited: Promise<Exit>;
  /** The end of what it wrote to stdout and stderr. */
  output(): string;
  /** SIGTERM, then SIGKILL for whatever of it is left after `graceMs`. Twice is harmless. */
  stop(graceMs?: number): Promise<void>;
};

/**
 * Starts a program and waits until it is ready. The program and its children die with this
 * process, however it dies: see process-guard.sh. One that ends or dawdles before it is ready
 * is an error that shows its last output.
 */
export async function startProcess(options: ProcessOptions): Promise<Process> {
  const { command, args = [], cwd, name = command } = options;
  const { PATH = "/usr/bin:/bin", HOME = "/" } = process.env;
  const child = spawn("/bin/sh", [guardScript, master(), command, ...args], {
    cwd,
    env: options.env ?? { PATH, HOME },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const exited = exitOf(child);
  if (child.pid === undefined) throw await exited.then(undefined, (error: Error) => error);

  const output = collectOutput(child);
  if (options.stdout) child.stdout?.pipe(options.stdout);
  const stop = stopper(child, exited);
  const started: Process = {
    name,
    pid: child.pid,
    exited,
    output,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
  try {
    await untilReady(started, options);
  } catch (error) {
    await stop(0);
    throw error;
  }
  return started;
}

/** Below those that a system gives to whoever asks for any. */
const PORTS = { from: 15_000, to: 32_000 };

/** A port that was free a moment ago. Prefer a program that takes port 0 and says what it got. */
export async function freePort(): Promise<number> {
  const port = randomInt(PORTS.from, PORTS.to);
  const server = createServer().listen(port, "127.0.0.1");
  const isFree = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (!isFree) return freePort();
  server.close();
  await once(server, "close");
  return port;
}

/** Whose death leaves this process without a purpose: a jest worker's jest. */
function master(): string {
  return process.connected ? String(process.ppid) : "";
}

async function untilReady(
  { name, exited, output }: Process,
  { ready = () => true, deadlineMs = 30_000 }: ProcessOptions,
): Promise<void> {
  let end: string | undefined;
  exited.then(({ code, signal }) => {
    end = `ended with ${signal ?? code} before it was ready`;
  });
  const deadline = Date.now() + deadlineMs;

  for (let pause = 10; ; pause = Math.min(pause * 1.5, 200)) {
    if (await asked(ready, output())) return;
    if (!end && Date.now() > deadline) end = `was not ready after ${deadlineMs / 1000} s`;
    if (end) throw new Error(`${name} ${end}. Its last output:\n${output().slice(-OUTPUT_SHOWN)}`);
    await sleep(pause);
  }
}

async function asked(ready: NonNullable<ProcessOptions["ready"]>, output: string) {
  try {
    return await ready(output);
  } catch {
    return false;
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const { promise, resolve, reject } = Promise.withResolvers<Exit>();
  child.once("exit", (code, signal) => resolve({ code, signal }));
  child.once("error", reject);
  return promise;
}

function collectOutput(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (data: string) => {
      text += data;
      if (text.length > 2 * OUTPUT_KEPT) text = text.slice(-OUTPUT_KEPT);
    });
  }
  return () => text.slice(-OUTPUT_KEPT);
}

/** The guard does the killing, so that a stop and the death of this process are one way to end. */
function stopper(child: ChildProcess, exited: Promise<Exit>): (graceMs?: number) => Promise<void> {
  const guard = child.stdio[3] as Duplex;
  const guardGone = new Promise((resolve) => guard.once("close", resolve));
  guard.on("error", () => {}).resume();

  // What a program leaves behind when it ends by itself goes too.
  const ended = exited.finally(() => guard.end());
  let stopping: Promise<void> | undefined;

  return (graceMs = 5_000) => {
    stopping ??= (async () => {
      const patience = new AbortController();
      if (graceMs > 0 && guard.writable) {
        guard.write("stop\n");
        await Promise.race([ended, sleep(graceMs, undefined, patience).catch(() => {})]);
      }
      patience.abort();
      guard.end();
      await Promise.all([ended, guardGone]);
    })();
    return stopping;
  };
}
