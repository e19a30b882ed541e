import { fileURLToPath } from "node:url";
import { contextForTests } from "@playbook/action/testing";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { type Forkless, forkless } from "./place.ts";

const OLD = "v0.3.1";
const program = fileURLToPath(new URL("./process.ts", import.meta.url));

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [OLD]: {} } });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

async function created(namespace: string): Promise<Forkless> {
  const chain = await forkless(cluster, namespace);
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
  return chain;
}

/** What a node answers, asked past the cluster. */
async function ask(namespace: string, method: string): Promise<unknown> {
  const response = await fetch(`http://${pods.addressOf(`${namespace}/axon-v0-0`)}:8000`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [] }),
  });
  return ((await response.json()) as { result: unknown }).result;
}

const height = async (namespace: string) => Number(await ask(namespace, "eth_blockNumber"));

test("one for which too few are prepared in time is called off, and the chain goes on", async () => {
  const chain = await created("late");

  // Replacing one validator takes longer than all of them are given.
  pods.tag(OLD, { startDelayMs: 60_000 });
  const warn = (line: string) => {
    if (line.includes("turns back")) pods.tag(OLD, {});
  };
  const { report } = await chain.upgrade(
    { upgrade: "fork", prepareTime: 20_000, margin: 1_000 },
    contextForTests({ warn }),
  );

  expect(report.outputs).toMatchObject({ outcome: "taken-back", "fork-height": "" });
  expect(report.failure).toMatchObject({ why: expect.stringContaining("The fork is off") });
  expect(report.summary).toContain("The fork is off");
  const before = await height("late");
  const later = await chain.roll({});
  expect(later.report.outputs).toMatchObject({ outcome: "done" });
  expect(await height("late")).toBeGreaterThan(before);
  expect(await ask("late", "axon_getHardforkInfo")).not.toMatchObject({ Andromeda: "enabled" });
}, 400_000);

test("one that is given a height too near is refused, and nobody is prepared", async () => {
  const chain = await created("near");
  const forkHeight = (await height("near")) + 20;

  await expect(chain.upgrade({ upgrade: "fork", forkHeight })).rejects.toMatchObject({
    code: "fork-too-near",
  });
  expect(await ask("near", "axon_getHardforkInfo")).toEqual({});
}, 200_000);

test("one whose run is killed is gone on with by the next, at the same height", async () => {
  const chain = await created("cut");
  const changes = { upgrade: "fork", prepareTime: 40_000 } as const;

  const { killed } = await runKilled(
    cluster,
    await chain.upgradeInputs({}, changes),
    { request: 40, phase: "after" },
    { program },
  );
  expect(killed).toBe(true);
  const said = knowing();
  const { report } = await chain.upgrade(changes, said);

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "done" });
  const heights = said.said.flatMap((line) => /fork is to be at block (\d+)/.exec(line)?.[1] ?? []);
  expect(heights).toEqual([String(report.outputs["fork-height"])]);
  expect(await ask("cut", "axon_getHardforkInfo")).toEqual({ Andromeda: "enabled" });
}, 600_000);

test("no key has signed two blocks at one height", async () => {
  const signatures = await pods.signatures();

  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
