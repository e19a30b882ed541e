import { type Cluster, startCluster } from "@playbook/world";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ nodes: [{ name: "node", zone: "us-east-1a" }] });
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

const metadata = { name: "one" };
const resources = {
  ExternalSecret: {
    apiVersion: "external-secrets.io/v1",
    spec: {
      refreshInterval: "1h",
      secretStoreRef: { kind: "SecretStore", name: "aws" },
      target: { name: "one", template: { type: "Opaque" } },
      data: [{ secretKey: "net.key", remoteRef: { key: "axon/one", property: "net" } }],
    },
  },
  SecretStore: {
    apiVersion: "external-secrets.io/v1",
    spec: { provider: { aws: { service: "SecretsManager", region: "us-east-1" } } },
  },
  SecretProviderClass: {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    spec: { provider: "aws", parameters: { objects: "- objectName: axon/one" } },
  },
  ServiceMonitor: {
    apiVersion: "monitoring.coreos.com/v1",
    spec: {
      selector: { matchLabels: { app: "axon" } },
      endpoints: [{ port: "metrics", interval: "15s" }],
    },
  },
  VolumeSnapshot: {
    apiVersion: "snapshot.storage.k8s.io/v1",
    spec: { source: { persistentVolumeClaimName: "data" } },
  },
};

const dryRun = (object: object) =>
  cluster.kubectl(["apply", "--server-side", "--dry-run=server", "-f", "-"], {
    input: JSON.stringify({ metadata, ...object }),
  });

test.each(Object.entries(resources))("a dry run takes a %s, and makes none", async (kind, rest) => {
  expect(await dryRun({ kind, ...rest })).toContain("serverside-applied (server dry run)");
  await expect(cluster.kubectl(["get", kind, "one"])).rejects.toThrow("NotFound");
});

test.each(Object.entries(resources))(
  "a field that a %s does not have is told",
  async (kind, rest) => {
    const spec = { ...rest.spec, colour: "blue" };

    await expect(dryRun({ kind, ...rest, spec })).rejects.toThrow(".spec.colour");
  },
);
