import { type Cluster, startCluster } from "@playbook/world";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

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
