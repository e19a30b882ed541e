import { readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { type Cluster, KubeApi, startCluster, until } from "@playbook/world";
import { PODS, pod } from "./manifests.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const namespace = (name: string, labels: Record<string, string> = {}) =>
  cluster.api.create("/api/v1/namespaces", { metadata: { name, labels } });

test("its nodes are ready, in three zones", async () => {
  const nodes = await cluster.api.list("/api/v1/nodes");

  const zones = nodes.map(({ metadata }) => metadata.labels?.["topology.kubernetes.io/zone"]);
  expect(zones.sort()).toEqual(["a", "a", "b", "b", "c", "c"].map((it) => `us-east-1${it}`));
});

test("a deployment that kubectl makes is rolled out", async () => {
  await cluster.kubectl(["create", "deployment", "web", "--image=nginx", "--replicas=3"]);

  const said = await cluster.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);

  expect(said).toContain("successfully rolled out");
});

test("a user may do what RBAC grants to the groups, and is refused the rest", async () => {
  await cluster.kubectl([
    ...["create", "clusterrole", "readers", "--verb=get,list", "--resource=pods"],
  ]);
  await cluster.kubectl([
    ...["create", "clusterrolebinding", "readers", "--clusterrole=readers", "--group=readers"],
  ]);
  const kubeconfig = await cluster.kubeconfig({ name: "mary", groups: ["readers"] });

  expect(await cluster.kubectl(["get", "pods", "-o", "name"], { kubeconfig })).toContain("web");
  await expect(cluster.kubectl(["get", "secrets"], { kubeconfig })).rejects.toThrow(
    'User "mary" cannot list resource "secrets"',
  );
  expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
});

test("a token that nobody was given opens nothing", async () => {
  using stranger = new KubeApi({ url: cluster.url, ca: cluster.ca, token: "guessed" });

  await expect(stranger.list(PODS)).rejects.toMatchObject({ status: 401 });
});

test("a namespace that is restricted refuses a pod that runs as it likes", async () => {
  await namespace("strict", { "pod-security.kubernetes.io/enforce": "restricted" });

  await expect(
    cluster.api.create("/api/v1/namespaces/strict/pods", pod("loose")),
  ).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('violates PodSecurity "restricted:latest"'),
  });
});

test("a quota is kept", async () => {
  await namespace("small");
  const limits = "/api/v1/namespaces/small";
  await cluster.api.create(`${limits}/resourcequotas`, {
    metadata: { name: "one" },
    spec: { hard: { secrets: "1" } },
  });
  const make = (name: string) => cluster.api.create(`${limits}/secrets`, { metadata: { name } });

  // Of secrets a namespace has none of its own. Configuration maps are made by the cluster, and
  // one that comes with the quota is counted minutes later.
  await until(async () => {
    const { status } = await cluster.api.get(`${limits}/resourcequotas/one`);
    return status.used?.secrets === "0";
  });
  await make("first");

  await expect(make("second")).rejects.toThrow("exceeded quota: one");
});

test("a pod that no node has room for is not placed", async () => {
  const containers = [{ name: "main", image: "web", resources: { requests: { memory: "17Gi" } } }];
  await cluster.api.create(PODS, pod("large", { spec: { containers } }));

  const said = await cluster.kubectl([
    ...["wait", "--for=condition=PodScheduled=False", "pod/large", "--timeout=60s"],
  ]);

  expect(said).toContain("condition met");
});

test("Helm installs a chart, and its manifests are applied on the server's side", async () => {
  await cluster.helm(["create", `${cluster.dir}/chart`]);
  await cluster.helm(["install", "site", `${cluster.dir}/chart`, "--wait", "--timeout=60s"]);

  const found = await cluster.api.get("/apis/apps/v1/namespaces/default/deployments/site-chart");

  expect(found.status.readyReplicas).toBe(1);
  const [manager] = found.metadata.managedFields;
  expect(manager).toMatchObject({ manager: "helm", operation: "Apply" });
});

test("two know nothing of each other, and leave nothing behind", async () => {
  const other = await startCluster({ nodes: [{ name: "alone", zone: "us-east-1a" }] });
  const nodes = await other.api.list("/api/v1/nodes");
  const { dir } = other;
  await other[Symbol.asyncDispose]();

  expect(nodes.map(({ metadata }) => metadata.name)).toEqual(["alone"]);
  expect(await readdir(tmpdir())).not.toContain(dir.slice(tmpdir().length + 1));
  expect(await cluster.api.list("/api/v1/nodes")).toHaveLength(6);
});
