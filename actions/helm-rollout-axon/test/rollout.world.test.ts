import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { newChain } from "./axon-chain.ts";

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

describe("a chain of five", () => {
  test("is created, then upgraded one validator at a time, and makes blocks throughout", async () => {
    const chain = await newChain(cluster, "five");
    const created = await chain.roll({});
    expect(created.report.outputs).toMatchObject({ outcome: "done", version: "v0.3.1" });

    const upgraded = await chain.roll({ image: { tag: "v0.3.2" } });

    expect(upgraded.report.outputs).toMatchObject({ outcome: "done", version: "v0.3.2" });
    const found = await cluster.api.list("/api/v1/namespaces/five/pods");
    const images = found.map(({ spec }) => spec.containers[0].image);
    expect(images).toEqual(Array(5).fill("registry.example/axon:v0.3.2"));
    expect((await pods.signatures()).equivocations()).toEqual([]);
  }, 300_000);
});
