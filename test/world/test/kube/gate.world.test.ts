import { type Cluster, KubeApi, startCluster, until } from "@playbook/world";
import { PODS, pod } from "./manifests.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const map = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });

/** As a client is told whose connection was open, and one whose was not. */
const AWAY = /socket hang up|ECONNRESET|ECONNREFUSED/;

let cluster: Cluster;
let client: KubeApi;
beforeAll(async () => {
  cluster = await startCluster();
  const token = cluster.token({ name: "mary", groups: ["system:masters"] });
  client = new KubeApi({ url: cluster.url, ca: cluster.ca, token });
}, 1_200_000);
beforeEach(() => {
  cluster.gate.calm();
  cluster.gate.forget();
});
afterAll(async () => {
  client?.[Symbol.dispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const exists = async (name: string) => (await cluster.api.find(`${MAPS}/${name}`)) !== undefined;

test("each request is written down as RBAC sees it, with its user", async () => {
  await client.create(MAPS, map("seen"));
  await client.find(`${MAPS}/unseen`);
  await client.patch(`/api/v1/namespaces/default`, { metadata: { labels: { a: "b" } } });

  const seen = cluster.gate.requests();

  expect(seen).toMatchObject([
    { verb: "create", resource: "configmaps", namespace: "default", user: "mary", status: 201 },
    { verb: "get", resource: "configmaps", name: "unseen", status: 404 },
    { verb: "patch", resource: "namespaces", namespace: "", name: "default", status: 200 },
  ]);
});

test("a connection that breaks before has had no effect, one that loses its reply has", async () => {
  const match = { verb: "create", resource: "configmaps" };
  cluster.gate.fault({ do: "break before", match, nth: 2 });
  cluster.gate.fault({ do: "lose reply", match, nth: 3 });

  await client.create(MAPS, map("first"));
  await expect(client.create(MAPS, map("second"))).rejects.toThrow("socket hang up");
  await expect(client.create(MAPS, map("third"))).rejects.toThrow("socket hang up");

  expect([await exists("first"), await exists("second"), await exists("third")]).toEqual([
    true,
    false,
    true,
  ]);
  expect(cluster.gate.requests().map(({ status }) => status)).toEqual([201, 0, 0]);
});

test("a request is held before its effect, and its reply after it, until it is let go", async () => {
  const before = cluster.gate.fault({ do: "hold", match: { name: "", verb: "create" } });
  const held = client.create(MAPS, map("held"));
  await until(async () => before.hits === 1);
  expect(await exists("held")).toBe(false);
  before.release();
  await held;

  const after = cluster.gate.fault({ do: "hold reply", match: { verb: "create" } });
  const silent = client.create(MAPS, map("silent"));
  await until(() => exists("silent"));
  after.release();
  expect((await silent).metadata.name).toBe("silent");
});

test("an error of the fault's choice is answered as the API server words it", async () => {
  cluster.gate.fault({ do: "status", status: 429, retryAfter: 1, match: { verb: "list" } });

  await expect(client.list(MAPS)).rejects.toMatchObject({
    status: 429,
    reason: "TooManyRequests",
  });
  expect(await client.list(MAPS)).not.toEqual([]);
});

test("whoever listens is told before and after, and the request waits", async () => {
  const told: string[] = [];
  const stop = cluster.gate.onRequest(async (phase, { verb }) => {
    told.push(`${phase} ${verb} ${await exists("told")}`);
  });
  await client.create(MAPS, map("told"));
  stop();
  await client.delete(`${MAPS}/told`);

  expect(told).toEqual(["before create false", "after create true"]);
});

test("while the gate is closed the API cannot be reached, and the controllers go on", async () => {
  await client.create(PODS, pod("goes-on"));
  await cluster.gate.close();

  await expect(client.list(PODS)).rejects.toThrow(AWAY);
  await until(async () => {
    const { status } = await cluster.api.get(`${PODS}/goes-on`);
    return status.phase === "Running";
  });
  await cluster.gate.open();

  expect(await client.list(PODS)).toHaveLength(1);
});

test("an API server that died has what it had when it is up again, and its controllers work", async () => {
  await client.create(MAPS, map("kept"));
  await cluster.down();
  await expect(client.list(MAPS)).rejects.toThrow(AWAY);

  await cluster.up();

  expect(await exists("kept")).toBe(true);
  await client.create(PODS, pod("later"));
  await until(async () => {
    const { status } = await cluster.api.get(`${PODS}/later`);
    return status.phase === "Running";
  });
});

test("an exec passes, and is written down when it is over", async () => {
  await client.create(PODS, pod("shell"));
  await cluster.api.create("/apis/kwok.x-k8s.io/v1alpha1/clusterexecs", {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterExec",
    metadata: { name: "all" },
    spec: { execs: [{ local: { workDir: "/" } }] },
  });
  const exec = ["exec", "shell", "--", "echo", "hello"];
  const said = await until(() => cluster.kubectl(exec).catch(() => undefined));

  expect(said).toBe("hello\n");
  const execs = cluster.gate.requests().filter(({ resource }) => resource === "pods/exec");
  expect(execs.at(-1)).toMatchObject({ name: "shell", status: 101 });
});

test("a watch passes, and breaks when the gate closes", async () => {
  const seen: string[] = [];
  const stop = client.watch(MAPS, { onSeen: ({ metadata }) => seen.push(metadata.name) });
  await until(async () => seen.length > 0);
  await client.create(MAPS, map("watched"));
  await until(async () => seen.includes("watched"));

  await cluster.gate.close();
  await cluster.api.create(MAPS, map("unwatched"));
  expect(seen).not.toContain("unwatched");
  await cluster.gate.open();

  await until(async () => seen.includes("unwatched"));
  stop();
});
