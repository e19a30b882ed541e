import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export type Running = { pid: number; parent: number; name: string };

/** The direct children of a process. */
export function childrenOf(pid: number): Running[] {
  return running().filter(({ parent }) => parent === pid);
}

/** A process and everything that descends from it, parents first. */
export function treeOf(pid: number): number[] {
  const all = running();
  const tree = [pid];
  for (const member of tree) {
    tree.push(...all.filter(({ parent }) => parent === member).map(({ pid }) => pid));
  }
  return tree;
}

/**
 * The processes that belong to a folder: their environment or their working directory says so. It
 * finds those whose parents are dead, too.
 */
export function processesOf(folder: string): number[] {
  return running()
    .map(({ pid }) => pid)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(folder));
}

export function isAlive(pid: number): boolean {
  const state = statOf(pid);
  return state !== undefined && state.state !== "Z";
}

/** Whether the process was gone within `ms`. */
export async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; isAlive(pid); await sleep(20)) {
    if (Date.now() > end) return false;
  }
  return true;
}

/** Sends a signal to each; one that is gone already is no error. */
export function signalAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}

/** The environment a process was started with, as the kernel has it: `NAME=value`, NUL between. */
export function environmentOf(pid: number): string {
  return readProc(`${pid}/environ`) ?? "";
}

function running(): Running[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(Number(pid)) ?? []);
}

function statOf(pid: number): (Running & { state: string }) | undefined {
  const stat = readProc(`${pid}/stat`);
  const [, name = "", state = "", parent = ""] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat ?? "") ?? [];
  return stat === undefined ? undefined : { pid, name, state, parent: Number(parent) };
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return undefined;
  }
}
