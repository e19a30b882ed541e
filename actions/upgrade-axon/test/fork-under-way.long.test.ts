import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pendingForkIn, type StatefulSet } from "@playbook/release";
import { type Cluster, type Pods, startCluster, startPods, startProcess } from "@playbook/world";
import { endChains } from "../../helm-rollout-axon/test/axon-chain.ts";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { askNode, type Forkless, forkless, hurried } from "./place.ts";

const program = fileURLToPath(new URL("./process.ts", import.meta.url));
const fork = { upgrade: "fork" } as const;

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { "v0.3.1": {} } });
}, 1_200_000);
afterEach(() => endChains(cluster));
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** A fork in a process of its own, which is ended with SIGKILL once so many are let go. */
async function killedAfter(count: number, chain: Forkless): Promise<void> {
  const file = join(cluster.dir, "inputs.json");
  await writeFile(file, JSON.stringify(await chain.upgradeInputs({}, fork)));
  const letGo = (output: string) => output.match(/is let go\.$/gm)?.length ?? 0;
  const run = await startProcess({
    name: "fork",
    command: process.execPath,
    args: [program, file],
    ready: (output) => letGo(output) === count,
    deadlineMs: 200_000,
  });
  await run.stop(0);
}

/** How many pods run that are prepared for a fork. */
async function preparedPods(namespace: string): Promise<number> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  return found.filter(({ spec }) => isPrepared(spec)).length;
}

const isPrepared = (spec: unknown) =>
  pendingForkIn([{ spec: { template: { spec } } } as StatefulSet]) !== null;

const ask = (pod: string, method: string) => askNode(pods, pod, method);

test("a release in the middle of a fork takes it from nobody, and has its turn after it; the fork goes on without a backup", async () => {
  const chain = await forkless(cluster, "between");
  await chain.roll({});
  await killedAfter(2, chain);
  const labelled = { validator: { podLabels: { team: "chain" } } };

  const plan = await chain.roll(labelled, { mode: "plan" }, knowing());
  expect(plan.report.summary).toContain("It is prepared for a fork (Andromeda) at block");
  const refused = {
    code: "preflight-failed",
    why: expect.stringContaining("this release takes that away"),
    next: expect.stringContaining("Let upgrade-axon finish the fork first"),
  };
  await expect(chain.roll(labelled, {}, knowing())).rejects.toMatchObject(refused);
  await expect(chain.upgrade({}, knowing(), labelled)).rejects.toMatchObject(refused);
  expect(await preparedPods("between")).toBe(2);

  // It was begun with a reason why there is no backup, and goes on without backup or reason.
  const goesOn = { ...fork, noBackupBecause: undefined };
  const forked = await chain.upgrade(goesOn, hurried(pods, "between", knowing()));
  expect(forked.report.outputs).toMatchObject({ outcome: "done" });
  const later = await chain.roll(labelled, {}, knowing());
  expect(later.report.outputs).toMatchObject({ outcome: "done" });
  for (const at of [0, 1, 2, 3, 4]) {
    const pod = `between/axon-v${at}-0`;
    expect(await ask(pod, "axon_getHardforkInfo")).toEqual({ Andromeda: "enabled" });
  }
}, 900_000);
