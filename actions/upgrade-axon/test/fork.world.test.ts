import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { endChains } from "../../helm-rollout-axon/test/axon-chain.ts";
import { askNode, type Forkless, forkless, hurried } from "./place.ts";

const OLD = "v0.3.1";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [OLD]: {} } });
}, 1_200_000);
afterEach(() => endChains(cluster));
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

/** What a node says of the fork, and where it is. */
const ask = (namespace: string, at: number, method: string) =>
  askNode(pods, `${namespace}/axon-v${at}-0`, method);

describe("a fork of five", () => {
  test("is at a height that leaves time, and every node follows it", async () => {
    const chain = await created("forked");
    const before = Number(await ask("forked", 0, "eth_blockNumber"));

    const { report, said } = await chain.upgrade({ upgrade: "fork" }, hurried(pods, "forked"));

    expect(report.failure).toBeUndefined();
    const { outputs } = report;
    expect(outputs).toMatchObject({ outcome: "done" });
    expect(Number(outputs["fork-height"])).toBeGreaterThan(before + 360);
    expect(said.filter((line) => line.endsWith("is let go."))).toHaveLength(5);
    for (const at of [0, 1, 2, 3, 4]) {
      expect(await ask("forked", at, "axon_getHardforkInfo")).toEqual({ Andromeda: "enabled" });
    }
    const again = await chain.upgrade({ upgrade: "fork" });
    expect(again.report.outputs).toMatchObject({ outcome: "done" });
    expect(again.said.filter((line) => line.endsWith("is let go."))).toEqual([]);
  }, 400_000);
});
