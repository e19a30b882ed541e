import { contextForTests } from "@playbook/action/testing";
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
