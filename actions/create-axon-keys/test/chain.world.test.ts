import { contextForTests } from "@playbook/action/testing";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { run } from "../../helm-rollout-axon/src/run.ts";
import { inputsFor } from "../../helm-rollout-axon/test/place.ts";
import { openStudio, type Studio, type TestChain } from "./studio.ts";

const NAMESPACE = "stored";
const TAG = "v0.3.1";

const parts = new AsyncDisposableStack();
let studio: Studio;
let chain: TestChain;
let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  studio = await openStudio();
  parts.use(studio.world);
  chain = await studio.chain();
  cluster = parts.use(await startCluster({ eks: { aws: studio.aws, name: "khalani" } }));
  pods = parts.use(await startPods(cluster, { tags: { [TAG]: {} } }));
  await cluster.api.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: NAMESPACE,
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    },
  });
}, 1_200_000);
afterAll(() => parts.disposeAsync());

/** Who has read each of the chain's secrets, by the roles' names. */
function readers(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { action, resource, principal, allowed } of studio.aws.calls()) {
    if (action !== "secretsmanager:GetSecretValue" || !allowed) continue;
    const secret = resource.split(":secret:")[1]?.replace(/-\w{6}$/, "") ?? resource;
    const role = principal.split("/")[1] ?? principal;
    found.set(secret, (found.get(secret) ?? new Set()).add(role));
  }
  return found;
}

test("what it hands on makes a chain whose validators sign with the keys that it has stored", async () => {
  const { outputs } = await chain.step();
  studio.aws.clearCalls();
  const set = {
    image: { repository: "registry.example/axon", tag: TAG, binary: "/usr/local/bin/axon" },
    chain: {
      id: 2_022,
      genesis: { timestamp: 1_680_249_207 },
      consensus: { interval: 500 },
    },
    validators: JSON.parse(String(outputs.values)),
    keys: { source: "external-secrets", prefix: chain.name, region: studio.aws.region },
    rpc: { enabled: false },
    syncNode: { enabled: false },
    validator: { resources: { requests: { cpu: "100m", memory: "128Mi" } } },
    storage: { size: "1Gi", className: "gp3-retain" },
  };

  const report = await run(
    await inputsFor(cluster, { namespace: NAMESPACE, set }),
    contextForTests(),
  );

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "done" });
  const voters = (await pods.signatures()).votes().map(({ pod }) => pod);
  expect(new Set(voters).size).toBe(5);
  for (const validator of chain.names) {
    for (const kind of ["net", "bls"]) {
      const secret = chain.secretOf(validator, kind);
      expect([secret, readers().get(secret)]).toEqual([
        secret,
        new Set([`${chain.name}-${validator}`]),
      ]);
    }
  }
}, 300_000);
