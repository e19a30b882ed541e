import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "./machine.ts";
import {
  childrenOf,
  environmentOf,
  goneWithin,
  isAlive,
  processesOf,
  signalAll,
  treeOf,
} from "./processes.ts";

/** GitHub's patience with the entry process of a step, from its runner's source. */
const SIGINT_MS = 7_500;
const SIGTERM_MS = 2_500;

/**
 * Cancels a run as GitHub does: SIGINT to the entry process of each running step, SIGTERM after
 * 7.5 s, all of it killed 2.5 s later; then the job goes on with what runs `always()`. A step for
 * which `staysUp` holds goes on to its end.
 */
export async function cancelSteps(
  runner: number,
  { held }: Machine,
  staysUp: (workspace: string) => boolean,
): Promise<void> {
  // While the runner stands still, no step begins between looking and signalling.
  signalAll([runner], "SIGSTOP");
  const steps = childrenOf(runner)
    .map(({ pid }) => ({ pid, workspace: workspaceOf(pid) }))
    .filter(({ workspace }) => workspace && !staysUp(workspace));
  const entries = steps.map(({ pid }) => {
    const mark = join(held, String(pid));
    writeFileSync(mark, "");
    return { entry: childrenOf(pid)[0]?.pid ?? pid, step: pid, mark };
  });
  signalAll([runner], "SIGCONT");

  await Promise.all(
    entries.map(async ({ entry, step, mark }) => {
      await endEntry(entry);
      // The runner ends the step's script as well, which first records what was written.
      while (existsSync(mark) && isAlive(step)) await sleep(20);
    }),
  );
  signalAll([runner], "SIGINT");
}

async function endEntry(pid: number): Promise<void> {
  signalAll([pid], "SIGINT");
  if (await goneWithin(pid, SIGINT_MS)) return;
  const tree = treeOf(pid);
  signalAll([pid], "SIGTERM");
  if (await goneWithin(pid, SIGTERM_MS)) return;
  signalAll([...tree, ...treeOf(pid)], "SIGKILL");
}

/** The machine is gone: every process of the run, at once. */
export async function killMachine(runner: number, { folder }: Machine): Promise<void> {
  signalAll([runner], "SIGSTOP");
  for (;;) {
    const all = new Set([...treeOf(runner), ...processesOf(folder)]);
    const alive = [...all].filter(isAlive);
    if (alive.length === 0) return;
    signalAll(alive, "SIGSTOP");
    signalAll(alive, "SIGKILL");
    await Promise.all(alive.map((pid) => goneWithin(pid, 1_000)));
  }
}

function workspaceOf(pid: number): string {
  const found = /(?:^|\0)GITHUB_WORKSPACE=([^\0]*)/.exec(environmentOf(pid));
  return found?.[1] ?? "";
}
