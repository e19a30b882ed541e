import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { oneSetChain } from "./one-set-chain.ts";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { "v0.3.1": {}, "v0.3.2": {} } });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const gone = (said: string[]) =>
  said.filter((line) => line.endsWith("is let go.")).map((line) => line.split(" ")[0]);

async function tagsIn(namespace: string): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

describe("a chart with one set for four validators", () => {
  test("is rolled out from the last pod to the first, and taken back from the one that fails", async () => {
    const chain = await oneSetChain(cluster, "hand-made", 4);
    const created = await chain.roll("v0.3.1");
    expect(created.report.outputs).toMatchObject({ outcome: "done" });
    expect(created.warnings.join("\n")).toContain("each can read the keys of all");
    expect(created.warnings.join("\n")).toContain("Nothing keeps two of them from being evicted");

    const upgraded = await chain.roll("v0.3.2");

    expect(upgraded.report.outputs).toMatchObject({ outcome: "done", version: "v0.3.2" });
    expect(gone(upgraded.said)).toEqual(["chain-3", "chain-2", "chain-1", "chain-0"]);
    expect(await tagsIn("hand-made")).toEqual(Array(4).fill("v0.3.2"));

    pods.tag("v0.3.3", {});
    const timer = setInterval(async () => {
      const changed = (await tagsIn("hand-made")).filter((tag) => tag === "v0.3.3");
      if (changed.length >= 1) pods.tag("v0.3.3", { crashAfterMs: 100 });
    }, 50);
    const broken = await chain.roll("v0.3.3");
    clearInterval(timer);

    expect(broken.report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { code: "rollout-taken-back", why: expect.stringContaining("CrashLoopBackOff") },
    });
    expect(await tagsIn("hand-made")).toEqual(Array(4).fill("v0.3.2"));
    const signatures = await pods.signatures();
    expect(signatures.equivocations()).toEqual([]);
    expect(signatures.usedTwice()).toEqual([]);
  }, 300_000);
});
