import { type Context, realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  configMaps,
  connectByFile,
  KubeClient,
  type StatefulSet,
  statefulSets,
} from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
import { specTextOf } from "../../../packages/axon/test/spec-text.ts";
import { NODES } from "../../../packages/axon/test/vectors.ts";
import { Source } from "../src/source.ts";

const namespace = "default";
const refOf = (name: string) => ({ resource: statefulSets, name, namespace });

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

async function aSet(name: string, volumes: object[] = []): Promise<void> {
  const labels = { app: name };
  const containers = [{ name: "axon", image: "axon:1" }];
  await kube.create(statefulSets, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace },
    spec: {
      ...{ replicas: 1, serviceName: "axon", selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers, volumes } },
    } as unknown as StatefulSet["spec"],
  });
}

async function sourceOf(
  source: string,
  { volumes = [], context = contextForTests({}) }: { volumes?: object[]; context?: Context } = {},
): Promise<Source> {
  await aSet(source, volumes);
  const inputs = { namespace, release: "axon", source, rpcPort: 8000 };
  return Source.find(kube, inputs, context);
}

const replicasOf = async (name: string) => (await kube.get(refOf(name))).spec.replicas;

test("a node is stopped though its controller wrote to its set since it was looked at", async () => {
  const source = await sourceOf("written");
  await kube.merge(refOf("written"), { metadata: { labels: { written: "meanwhile" } } });

  await source.stop("backup-1");

  expect(await replicasOf("written")).toBe(0);
  expect(source.stopped).toEqual({ backup: "backup-1", replicas: 1 });
  await source.start();
  expect(await replicasOf("written")).toBe(1);
});

test.each([
  ["scaled", { spec: { replicas: 2 } }],
  [
    "stopped",
    { metadata: { annotations: { "playbook/backup-stopped": '{"backup":"b","replicas":1}' } } },
  ],
])("a node whose set was %s by somebody meanwhile is left as it is", async (name, change) => {
  const source = await sourceOf(name);
  const { spec } = await kube.merge(refOf(name), change);

  await expect(source.stop("backup-1")).rejects.toMatchObject({ code: "source-changed" });

  expect(await replicasOf(name)).toBe(spec.replicas);
});

const spec = specTextOf(NODES);

async function aMap(name: string, data: Record<string, string>): Promise<void> {
  const metadata = { name, namespace };
  await kube.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
}

test.each([
  ["plain", { configMap: { name: "of-plain" } }],
  ["projected", { projected: { sources: [{ configMap: { name: "of-projected" } }] } }],
])("a chain spec in a %s volume is found, whatever it is called", async (kind, volume) => {
  await aMap(`of-${kind}`, { "config.toml": "x = 1", "specs.toml": spec });
  const context = contextForTests();
  const volumes = [{ name: "files", ...volume }];
  const source = await sourceOf(`with-${kind}`, { volumes, context });

  expect(await source.chainSpec()).toBe(spec);
  expect(context.warnings).toEqual([]);
});

test("a node without a chain spec to tell is backed up with a warning of what that means", async () => {
  await aMap("one", { "spec.toml": spec });
  await aMap("other", { "spec.toml": specTextOf(NODES, { chainId: 7 }) });
  const context = contextForTests();
  const volumes = ["one", "other", "absent"].map((name) => ({ name, configMap: { name } }));
  const bare = await sourceOf("bare", { context });
  const divided = await sourceOf("divided", { volumes, context });

  expect(await bare.chainSpec()).toBe("");
  expect(await divided.chainSpec()).toBe("");
  expect(context.warnings).toEqual([
    expect.stringContaining("no chain spec: no file of its ConfigMaps reads as one. The chain"),
    expect.stringContaining("ConfigMap one, spec.toml and ConfigMap other, spec.toml are not"),
  ]);
  expect(context.warnings[0]).toContain("cannot compare the genesis of its values");
});
