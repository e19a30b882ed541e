import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { until } from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
import { run } from "../src/run.ts";
import { leastValues } from "./chart/values.ts";
import { inputsFor } from "./place.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function namespace(name: string): Promise<string> {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await cluster.api.create("/api/v1/namespaces", object);
  return name;
}

/** As far as the API tells that it is there. */
async function addKarpenter(): Promise<void> {
  const { api } = cluster;
  const names = { plural: "nodepools", singular: "nodepool", kind: "NodePool" };
  const schema = { openAPIV3Schema: { type: "object" } };
  await api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "nodepools.karpenter.sh" },
    spec: {
      ...{ group: "karpenter.sh", scope: "Cluster", names },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  });
  const context = contextForTests({ clock: realClock });
  await until(
    () => api.get("/apis"),
    ({ groups }) => groups.some(({ name }: { name: string }) => name === "karpenter.sh"),
    { what: "it is served", deadlineMs: 30_000, context },
  );
}

describe("the plan of a first install", () => {
  test("judges what the chart renders, and changes nothing", async () => {
    const inputs = await inputsFor(cluster, {
      namespace: await namespace("first"),
      mode: "plan",
      set: leastValues(),
    });

    const report = await run(inputs, contextForTests());

    expect(report.outputs).toMatchObject({ "can-apply": true, version: "v0.3.1" });
    expect(report.summary).toContain("nothing yet → v0.3.1");
    expect(report.outputs.findings).toMatchObject([{ code: "no-reserve", level: "warning" }]);
  });

  test("refuses what a LimitRange of the namespace would not let in", async () => {
    const name = await namespace("limited");
    await cluster.api.create(`/api/v1/namespaces/${name}/limitranges`, {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "team", namespace: name },
      spec: { limits: [{ type: "Container", max: { memory: "1Gi" } }] },
    });
    const inputs = await inputsFor(cluster, { namespace: name, mode: "plan", set: leastValues() });

    const report = await run(inputs, contextForTests());

    expect(report.outputs).toMatchObject({ "can-apply": false });
    expect(report.summary).toContain("1 GiB of memory are the most");
  });

  test("refuses pods that no node has room for, but for a cluster that makes nodes itself", async () => {
    const name = await namespace("cramped");
    const set = { ...leastValues(), validator: { resources: { requests: { cpu: "900" } } } };
    const inputs = await inputsFor(cluster, { namespace: name, mode: "plan", set });

    const fixed = await run(inputs, contextForTests());
    await addKarpenter();
    const growing = await run(inputs, contextForTests());

    expect([fixed, growing].map(({ outputs }) => outputs["can-apply"])).toEqual([false, true]);
    expect(growing.outputs.findings).toContainEqual(
      expect.objectContaining({
        ...{ code: "no-capacity", level: "warning" },
        next: expect.stringContaining("NodePool"),
      }),
    );
  });

  test("refuses four validators, loudly", async () => {
    const values = leastValues();
    const inputs = await inputsFor(cluster, {
      namespace: await namespace("four"),
      mode: "plan",
      set: { ...values, validators: values.validators.slice(0, 4) },
    });

    const report = await run(inputs, contextForTests());

    expect(report.outputs).toMatchObject({ "can-apply": false });
    expect(report.summary).toContain("4 validators");
  });
});
