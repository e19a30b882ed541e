import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  connectByFile,
  type DisruptionBudget,
  disruptionBudgets,
  KubeClient,
} from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
import { align, restore, shut } from "../src/budget.ts";

const namespace = "default";

let cluster: Cluster;
let kube: KubeClient;
beforeAll(async () => {
  cluster = await startCluster();
  const path = await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  kube = new KubeClient(
    await connectByFile({ path, clock: realClock, env: {} }),
    contextForTests({}),
  );
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const refOf = (name: string) => ({ resource: disruptionBudgets, name, namespace });

async function budget(name: string, spec: object): Promise<DisruptionBudget> {
  const selector = { matchLabels: { set: name } };
  return kube.create(disruptionBudgets, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, namespace },
    spec: { selector, ...spec } as DisruptionBudget["spec"],
  });
}

/** What somebody else writes meanwhile, as the controller of budgets does with each pod. */
const meanwhile = (name: string, change: object) => kube.merge(refOf(name), change);

async function allowanceOf(name: string) {
  const { maxUnavailable, minAvailable } = (await kube.get(refOf(name))).spec;
  return { maxUnavailable, minAvailable };
}

describe("a disruption budget", () => {
  test("is shut and restored though it was written to since it was looked at", async () => {
    const seen = await budget("busy", { minAvailable: 4 });
    await meanwhile("busy", { metadata: { labels: { touched: "once" } } });

    await shut(kube, [seen]);
    expect(await allowanceOf("busy")).toEqual({ maxUnavailable: undefined, minAvailable: "100%" });

    const closed = await kube.get(refOf("busy"));
    await meanwhile("busy", { metadata: { labels: { touched: "twice" } } });
    await restore(kube, [closed]);
    expect(await allowanceOf("busy")).toEqual({ maxUnavailable: undefined, minAvailable: 4 });
    expect((await kube.get(refOf("busy"))).metadata.annotations ?? {}).toEqual({});
  });

  test("comes back as somebody else made it in the last moment", async () => {
    const seen = await budget("changed", { maxUnavailable: 1 });
    await meanwhile("changed", { spec: { maxUnavailable: 2 } });

    await shut(kube, [seen]);
    await restore(kube, [await kube.get(refOf("changed"))]);

    expect(await allowanceOf("changed")).toMatchObject({ maxUnavailable: 2 });
  });

  test("is written by the other field while it is shut, where that is how it comes next", async () => {
    const seen = await budget("turned", { minAvailable: "70%" });
    await shut(kube, [seen]);
    const next = (spec: object) => [
      { kind: "PodDisruptionBudget", metadata: { name: "turned" }, spec },
    ];

    await align(kube, namespace, next({ maxUnavailable: 1 }));
    expect(await allowanceOf("turned")).toEqual({ maxUnavailable: 0, minAvailable: undefined });
    await align(kube, namespace, next({ minAvailable: 4 }));
    expect(await allowanceOf("turned")).toEqual({
      maxUnavailable: undefined,
      minAvailable: "100%",
    });
    await restore(kube, [await kube.get(refOf("turned"))]);

    expect(await allowanceOf("turned")).toEqual({ maxUnavailable: undefined, minAvailable: "70%" });
  });

  test("that is shut already keeps what was allowed before", async () => {
    const seen = await budget("again", { maxUnavailable: 1 });

    await shut(kube, [seen]);
    await shut(kube, [seen, await kube.get(refOf("again"))]);
    await restore(kube, [await kube.get(refOf("again"))]);

    expect(await allowanceOf("again")).toMatchObject({ maxUnavailable: 1 });
  });
});
