import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Cluster, type SeenRequest, startProcess } from "@playbook/world";

/** A request that changes something, counted from 1 on, and on which side of its effect it ends. */
export type Point = { request: number; phase: "before" | "after" };

const VICTIM = { name: "victim", groups: ["system:masters"] };
const rollout = fileURLToPath(new URL("../process.ts", import.meta.url));

/** Whether a request is one that is counted. */
export function changes({ verb, user, resource, dryRun }: SeenRequest): boolean {
  return (
    user === VICTIM.name &&
    !dryRun &&
    ["create", "update", "patch", "delete"].includes(verb) &&
    resource !== "pods/portforward"
  );
}

type Victim = { program?: string; env?: Record<string, string>; stdout?: Writable };

/**
 * Runs an action in a process of its own, which is ended with SIGKILL there, Helm with it. Resolves
 * to how many requests it sent that change something, and whether it was ended.
 */
export async function runKilled(
  cluster: Cluster,
  inputs: object,
  point?: Point,
  { program = rollout, env = {}, stdout }: Victim = {},
): Promise<{ requests: number; killed: boolean; output: string }> {
  const file = join(cluster.dir, "inputs.json");
  const kubeconfig = await cluster.kubeconfig(VICTIM);
  await writeFile(file, JSON.stringify({ ...inputs, kubeconfig }));
  const started = Promise.withResolvers<Awaited<ReturnType<typeof startProcess>>>();
  const counted = new Map<SeenRequest, number>();
  let killed = false;
  const end = cluster.gate.onRequest(async (phase, request) => {
    if (!changes(request)) return;
    if (phase === "before") counted.set(request, counted.size + 1);
    if (counted.get(request) !== point?.request || phase !== point?.phase) return;
    killed = true;
    await (await started.promise).stop(0);
    if (phase === "before") throw new Error("never sent");
  });
  const { PATH = "", HOME = "" } = process.env;
  const running = await startProcess({
    name: "victim",
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", program, file],
    env: { PATH, HOME, ...env, NODE_COMPILE_CACHE: join(cluster.dir, "compiled") },
    ...(stdout && { stdout }),
  });
  started.resolve(running);
  await running.exited;
  end();
  return { requests: counted.size, killed, output: running.output() };
}
