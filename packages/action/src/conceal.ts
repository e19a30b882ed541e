import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** What tells nobody anything that they do not have themselves. */
const KNOWN = new Set(["PATH", "HOME"]);

/**
 * Of `/proc/self/stat`, counted behind the program's name: the address of the first environment.
 */
const ENV_START = 47;

/**
 * Takes out of memory what this process was started with, its own `process.env` left as it is.
 * Linux shows that to every process of the same user, so a child that gets an environment of its
 * own would find the runner's tokens in its parent's. Where the system does not allow it nothing is
 * done.
 */
export function concealEnvironment(): void {
  let memory: number | undefined;
  try {
    const first = readFileSync("/proc/self/environ");
    const start = startOf(readFileSync("/proc/self/stat", "latin1"));
    memory = openSync("/proc/self/mem", "r+");
    blank(memory, start, first);
  } catch {
    // No Linux, or one that is more careful than others.
  } finally {
    if (memory !== undefined) closeSync(memory);
  }
}

function startOf(stat: string): number {
  const address = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[ENV_START];
  return Number(address);
}

function blank(memory: number, start: number, first: Buffer): void {
  let at = 0;
  for (const entry of first.toString("latin1").split("\0")) {
    const [name = ""] = entry.split("=", 1);
    const value = process.env[name];
    if (value !== undefined && !KNOWN.has(name)) {
      const zeros = Buffer.alloc(entry.length - name.length - 1);
      writeSync(memory, zeros, 0, zeros.length, start + at + name.length + 1);
      // The system's own copy was just emptied; this makes a new one elsewhere.
      process.env[name] = value;
    }
    at += entry.length + 1;
  }
}
