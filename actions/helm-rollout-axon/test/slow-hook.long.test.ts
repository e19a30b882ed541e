import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, type Pods, startCluster, startPods, until } from "@playbook/world";
import { oneSetChain } from "./one-set-chain.ts";

const [OLD, NEW] = ["v0.3.1", "v0.3.2"];
const NAMESPACE = "hooked";

let cluster: Cluster;
let pods: Pods;
let chain: Awaited<ReturnType<typeof oneSetChain>>;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [OLD]: {}, [NEW]: {} } });
  chain = await oneSetChain(cluster, NAMESPACE, 4);
  await chain.roll(OLD);
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const hookOf = (time: string) => ({ holdValues: { hook: time } });

const inHook = () =>
  until(async () => {
    const all = await cluster.api.list(`/apis/batch/v1/namespaces/${NAMESPACE}/jobs`);
    return all.some(({ status }) => !status?.succeeded);
  });

describe("while a hook of Helm's takes its time", () => {
  test("the run is alive, and is left alone by another one", async () => {
    const first = chain.roll("v0.3.1", hookOf("25s"));
    await inHook();
    await sleep(3_000);

    await expect(chain.roll("v0.3.1", hookOf("25s"))).rejects.toMatchObject({
      code: "rollout-under-way",
    });

    expect((await first).report.outputs).toMatchObject({ outcome: "done" });
  }, 300_000);
});
