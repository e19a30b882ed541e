import { cancelled } from "@playbook/action";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { after } from "./after.ts";
import { type AxonChain, endChains, newChain } from "./axon-chain.ts";

const OLD = "v0.3.1";
const NEW = "v0.3.2";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [OLD]: {}, [NEW]: { startDelayMs: 1000 } } });
}, 1_200_000);
afterEach(() => endChains(cluster), 120_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

async function created(namespace: string): Promise<AxonChain> {
  const chain = await newChain(cluster, namespace);
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
  return chain;
}

async function tagsIn(namespace: string): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

const budgetPath = (namespace: string) =>
  `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/axon-validators`;

describe("a rollout of five", () => {
  test("that is cancelled leaves the budget as it was, and is gone on with", async () => {
    const chain = await created("cancelled");
    const context = after(2, () => context.stop.abort(cancelled("GitHub cancelled it.")));

    const cut = chain.roll({ image: { tag: NEW } }, {}, context);

    await expect(cut).rejects.toMatchObject({ code: "cancelled" });
    expect((await cluster.api.get(budgetPath("cancelled"))).spec.maxUnavailable).toBe(1);
    const { report, said } = await chain.roll({ image: { tag: NEW } });
    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await tagsIn("cancelled")).toEqual(Array(5).fill(NEW));
    expect(said.filter((line) => line.endsWith("is let go.")).length).toBeLessThanOrEqual(4);
  }, 200_000);

  test("goes on when the API server was away for half a minute", async () => {
    const chain = await created("away");
    const context = after(2, async () => {
      await cluster.gate.close();
      setTimeout(() => cluster.gate.open(), 30_000);
    });

    const { report } = await chain.roll({ image: { tag: NEW } }, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await tagsIn("away")).toEqual(Array(5).fill(NEW));
  }, 200_000);

  test("lets nobody drain a validator's node until it is over", async () => {
    const chain = await created("drained");
    const refused: string[] = [];
    const context = after(1, async () => {
      const path = "/api/v1/namespaces/drained/pods/axon-v3-0/eviction";
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: "axon-v3-0", namespace: "drained" },
      };
      await cluster.api.create(path, body).catch((error) => refused.push(String(error)));
    });

    const { report } = await chain.roll({ image: { tag: NEW } }, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(refused).toEqual([expect.stringMatching(/disruption budget/i)]);
  }, 200_000);

  test("is one at a time: a second one says that the first is alive", async () => {
    const chain = await created("twice");
    let second: Promise<unknown> = Promise.resolve();
    const context = after(1, () => {
      second = chain.roll({ image: { tag: NEW } }).catch((error) => error);
    });

    const { report } = await chain.roll({ image: { tag: NEW } }, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await second).toMatchObject({ code: "rollout-under-way" });
  }, 200_000);
});
