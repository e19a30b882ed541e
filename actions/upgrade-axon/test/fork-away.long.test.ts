import { contextForTests } from "@playbook/action/testing";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { after } from "../../helm-rollout-axon/test/after.ts";
import { impatient, knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { askNode, type Forkless, forkHeights, forkless, hurried } from "./place.ts";

const NAMESPACE = "away";

let cluster: Cluster;
let pods: Pods;
let chain: Forkless;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { "v0.3.1": {} } });
  chain = await forkless(cluster, NAMESPACE);
  await chain.roll({});
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const ask = (method: string) => askNode(pods, `${NAMESPACE}/axon-v0-0`, method);

test("one that is given a height too near is refused, and nobody is prepared", async () => {
  const forkHeight = Number(await ask("eth_blockNumber")) + 20;

  await expect(chain.upgrade({ upgrade: "fork", forkHeight })).rejects.toMatchObject({
    code: "fork-too-near",
  });
  expect(await ask("axon_getHardforkInfo")).toEqual({});
});

test("one whose API server goes away for good says so, and the next one, for which it is away for half a minute, ends at the same height", async () => {
  const { clock, hurry } = impatient();
  const cut = after(
    2,
    async () => {
      hurry();
      await cluster.gate.close();
    },
    contextForTests({ clock }),
  );

  await expect(chain.upgrade({ upgrade: "fork" }, cut)).rejects.toMatchObject({
    code: "kube-unreachable",
  });

  await cluster.gate.open();
  expect(await ask("axon_getHardforkInfo")).toEqual({ Andromeda: "proposed" });
  const context = after(
    1,
    async () => {
      await cluster.gate.close();
      setTimeout(() => cluster.gate.open(), 30_000);
    },
    hurried(pods, NAMESPACE, knowing()),
  );
  const { report, said } = await chain.upgrade({ upgrade: "fork" }, context);

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "done" });
  expect(forkHeights([...cut.said, ...said])).toEqual(
    Array(2).fill(String(report.outputs["fork-height"])),
  );
  expect(await ask("axon_getHardforkInfo")).toEqual({ Andromeda: "enabled" });
}, 400_000);
