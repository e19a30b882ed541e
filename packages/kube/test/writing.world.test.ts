import { type Cluster, startCluster } from "@playbook/world";
import { configMaps, type Draft, type Keeper, type KubeClient } from "../src/index.ts";
import { clientFor } from "./place.ts";

const namespace = "default";

let cluster: Cluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startCluster();
  ({ client } = await clientFor(cluster));
}, 1_200_000);
beforeEach(() => {
  cluster.gate.calm();
  cluster.gate.forget();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const ref = (name: string) => ({ resource: configMaps, namespace, name });
const map = (name: string, data: Record<string, string> = {}): Draft<Keeper> => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels: { test: "client" } },
  data,
});
const LOST = { do: "lose reply" } as const;

describe("a write whose reply is lost takes effect once", () => {
  test("create: what is there as it was wanted is what was made", async () => {
    cluster.gate.fault({ ...LOST, match: { verb: "create" } });

    const made = await client.create(configMaps, map("made", { a: "1" }));

    expect(made).toMatchObject({ metadata: { name: "made" }, data: { a: "1" } });
    const tries = cluster.gate.requests().filter(({ verb }) => verb === "create");
    expect(tries.map(({ status }) => status)).toEqual([0, 409]);
  });

  test("create: another that took the name meanwhile is a conflict", async () => {
    await client.create(configMaps, map("taken", { a: "theirs" }));
    cluster.gate.fault({ do: "break before", match: { verb: "create" } });

    await expect(client.create(configMaps, map("taken", { a: "ours" }))).rejects.toMatchObject({
      code: "kube-conflict",
    });
  });

  test("replace: over the version that was read, and no other", async () => {
    const old = await client.create(configMaps, map("replaced", { a: "1" }));
    cluster.gate.fault({ ...LOST, match: { verb: "update" } });

    await client.replace(ref("replaced"), { ...old, data: { a: "2" } });

    expect((await client.get(ref("replaced"))).data).toEqual({ a: "2" });
    await expect(
      client.replace(ref("replaced"), { ...old, data: { a: "3" } }),
    ).rejects.toMatchObject({ code: "kube-conflict" });
  });

  test("JSON Patch: its test cannot be met twice", async () => {
    await client.create(configMaps, map("patched", { count: "1" }));
    cluster.gate.fault({ ...LOST, match: { verb: "patch" } });
    const change = (from: string, to: string) => [
      { op: "test" as const, path: "/data/count", value: from },
      { op: "replace" as const, path: "/data/count", value: to },
    ];

    expect((await client.patch(ref("patched"), change("1", "2"))).data).toEqual({ count: "2" });

    await expect(client.patch(ref("patched"), change("1", "3"))).rejects.toMatchObject({
      code: "kube-invalid",
    });
    expect((await client.get(ref("patched"))).data).toEqual({ count: "2" });
  });

  test("merge patch and server-side apply: done twice they are as done once", async () => {
    await client.create(configMaps, map("merged", { a: "1", b: "1" }));
    cluster.gate.fault({ ...LOST, match: { verb: "patch" } });
    await client.merge(ref("merged"), { data: { a: null, c: "1" } });
    cluster.gate.fault({ ...LOST, match: { verb: "patch" } });
    await client.apply(ref("merged"), { data: { d: "1" } });

    const { data, metadata } = await client.get(ref("merged"));
    expect(data).toEqual({ b: "1", c: "1", d: "1" });
    const managers = metadata.managedFields?.map(({ manager, operation }) => [manager, operation]);
    expect(managers).toEqual(
      expect.arrayContaining([
        ["playbook", "Apply"],
        ["playbook", "Update"],
      ]),
    );
  });

  test("merge patch over one version: the second try is known for the first's", async () => {
    const { metadata } = await client.create(configMaps, map("versioned"));
    cluster.gate.fault({ ...LOST, match: { verb: "patch" } });
    const { resourceVersion } = metadata;
    const change = { metadata: { resourceVersion }, data: { a: "1" } };

    await expect(client.merge(ref("versioned"), change)).resolves.toMatchObject({
      data: { a: "1" },
    });
  });

  test("delete: the one that was meant is gone, another of its name stays", async () => {
    const first = await client.create(configMaps, map("deleted"));
    cluster.gate.fault({ ...LOST, match: { verb: "delete" } });
    expect(await client.remove(ref("deleted"), first.metadata.uid)).toBe("gone");

    const second = await client.create(configMaps, map("deleted"));
    expect(await client.remove(ref("deleted"), first.metadata.uid)).toBe("gone");
    expect((await client.get(ref("deleted"))).metadata.uid).toBe(second.metadata.uid);
  });
});
