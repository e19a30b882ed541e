import { setTimeout as sleep } from "node:timers/promises";
import { cancelled } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
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

const BUDGETS = `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`;

describe("while a hook of Helm's takes its time", () => {
  test("a run that is ended there has evictions as they were before one that was killed", async () => {
    await cluster.api.create(BUDGETS, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "chain", annotations: { "playbook/budget-before": '{"minAvailable":3}' } },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: "chain" } } },
    });
    const context = contextForTests();
    const ended = expect(chain.roll(NEW, hookOf("4s"), context)).rejects.toMatchObject({
      code: "cancelled",
    });
    await inHook();

    context.stop.abort(cancelled("GitHub cancelled it."));

    await ended;
    const { spec } = await cluster.api.get(`${BUDGETS}/chain`);
    expect([spec.minAvailable, spec.maxUnavailable]).toEqual([3, undefined]);
    const records = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/configmaps`);
    const statuses = records.flatMap(({ metadata }) => metadata.labels?.status ?? []);
    expect(statuses.toSorted()).toEqual(["deployed", "superseded"]);
    const record = records.find(({ metadata }) => metadata.name === "chain-rollout");
    expect(record?.data).toMatchObject({ outcome: "interrupted" });
  }, 300_000);

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
