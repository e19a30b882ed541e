import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export type Measured = {
  /** From start to exit, in milliseconds. */
  ms: number;
  /** The most memory that the process and its descendants had resident, in MiB. */
  peakMiB: number;
  /** What it has computed, on all its threads, in milliseconds of one core. */
  cpuMs: number;
  output: string;
};

export type Command = {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
};

const SAMPLE_MS = 10;

/** The kernel's unit of processor time. */
const TICK_MS = 10;

/** A program that did not come to its end. */
export class Hung extends Error {
  override readonly name = "Hung";
}

/** What takes longer than this will not end: a minute is many times what any row takes. */
const PATIENCE_MS = 60_000;

/**
 * Runs a program to its end. Throws with its output when it fails, and `Hung` when it does not end.
 */
export async function measure(command: Command, patience = PATIENCE_MS): Promise<Measured> {
  const started = performance.now();
  const { child, output } = start(command);
  let [peakMiB, cpuMs] = [0, 0];
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentPeak(child.pid ?? 0));
    cpuMs = Math.max(cpuMs, processorTime(child.pid ?? 0));
  }, SAMPLE_MS);

  const late = setTimeout(() => child.kill("SIGKILL"), patience);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(late);
  clearInterval(sampling);
  const ms = performance.now() - started;
  if (code === 0) return { ms, peakMiB, cpuMs, output: output() };
  if (child.signalCode === "SIGKILL") throw new Hung(`${command.command} did not end.`);
  throw new Error(`${command.command} ${command.args.join(" ")} ended with ${code}:\n${output()}`);
}

/** Several at once, as one: the time of the last, the memory and processor time of all. */
export async function measureAll(commands: Command[]): Promise<Measured> {
  const ended = await Promise.allSettled(commands.map((command) => measure(command)));
  const all = ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
  const sum = (of: (one: Measured) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    ms: Math.max(...all.map(({ ms }) => ms)),
    peakMiB: sum(({ peakMiB }) => peakMiB),
    cpuMs: sum(({ cpuMs }) => cpuMs),
    output: all.map(({ output }) => output).join("\n"),
  };
}

/** Starts a program and kills it with SIGKILL when `isDue`. Throws when it has ended before. */
export async function killWhen(command: Command, isDue: () => Promise<boolean>): Promise<void> {
  const { child, output } = start(command);
  const ended = new Promise<void>((resolve) => child.on("close", resolve));
  while (child.exitCode === null && !(await isDue())) {
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
  }
  child.kill("SIGKILL");
  await ended;
  if (child.signalCode === "SIGKILL") return;
  throw new Error(`${command.command} ended before it could be killed:\n${output()}`);
}

function start({ command, args, cwd, env }: Command): {
  child: ChildProcess;
  output: () => string;
} {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += data;
    });
  }
  return { child, output: () => output };
}

/**
 * The kernel's own high-water marks of a process and its descendants, in MiB; 0 when it is gone.
 */
function residentPeak(pid: number): number {
  const own = Number(/VmHWM:\s+(\d+) kB/.exec(procFile(pid, "status"))?.[1] ?? 0) / 1024;
  const children = procFile(pid, `task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + residentPeak(child), own);
}

/** User and system time of a process, in milliseconds; 0 when it is gone. See proc(5). */
function processorTime(pid: number): number {
  // The name, in parentheses, may hold anything; what follows it are numbers.
  const fields = procFile(pid, "stat")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
