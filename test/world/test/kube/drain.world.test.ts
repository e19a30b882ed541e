import { type Cluster, startCluster, until } from "@playbook/world";
import { PODS } from "./manifests.ts";

let cluster: Cluster;
beforeAll(async () => {
  const zone = "us-east-1a";
  cluster = await startCluster({ nodes: ["a", "b"].map((name) => ({ name, zone })) });
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const LABELS = { app: "web" };

test("a node is drained as far as a disruption budget allows it", async () => {
  await cluster.api.create("/apis/apps/v1/namespaces/default/statefulsets", {
    metadata: { name: "web" },
    spec: {
      replicas: 2,
      serviceName: "web",
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: { containers: [{ name: "main", image: "web:1" }] },
      },
    },
  });
  await cluster.kubectl(["rollout", "status", "statefulset/web", "--timeout=60s"]);
  await budget(0);
  const { spec } = await cluster.api.get(`${PODS}/web-0`);

  await expect(drain(spec.nodeName, "3s")).rejects.toThrow("violate the pod's disruption budget");
  await budget(1);
  await drain(spec.nodeName, "60s");

  const moved = await until(async () => {
    const pod = await cluster.api.find(`${PODS}/web-0`);
    return pod?.status?.phase === "Running" && pod;
  });
  expect(moved.spec.nodeName).toBe(spec.nodeName === "a" ? "b" : "a");
});

function drain(node: string, timeout: string): Promise<string> {
  return cluster.kubectl(["drain", node, `--timeout=${timeout}`]);
}

/** The budget as the controller has seen it. */
async function budget(maxUnavailable: number): Promise<void> {
  const path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
  await cluster.api.apply(path, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web" },
    spec: { maxUnavailable, selector: { matchLabels: LABELS } },
  });
  await until(async () => {
    const { status, metadata } = await cluster.api.get(path);
    return (
      status?.observedGeneration === metadata.generation &&
      status.disruptionsAllowed === maxUnavailable
    );
  });
}
