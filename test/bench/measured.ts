import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export type Measured = {
  /** From start to exit, in milliseconds. */
  ms: number;
  /** The most memory that the process itself had resident, in MiB. */
  peakMiB: number;
  output: string;
};

type Command = {
  command: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
};

const SAMPLE_MS = 10;

/** Runs a program to its end. Throws with its output when it fails. */
export async function measure({ command, args, cwd, env }: Command): Promise<Measured> {
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += data;
    });
  }
  let peakMiB = 0;
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentPeak(child.pid ?? 0));
  }, SAMPLE_MS);

  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(sampling);
  const ms = performance.now() - started;
  if (code === 0) return { ms, peakMiB, output };
  throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
}

/** The kernel's own high-water mark of a process, in MiB; 0 when it is gone. */
function residentPeak(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
