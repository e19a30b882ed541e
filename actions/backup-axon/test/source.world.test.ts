import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connectByFile, KubeClient, type StatefulSet, statefulSets } from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
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

async function aSet(name: string): Promise<void> {
  const labels = { app: name };
  const containers = [{ name: "axon", image: "axon:1" }];
  await kube.create(statefulSets, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace },
    spec: {
      ...{ replicas: 1, serviceName: "axon", selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers } },
    } as unknown as StatefulSet["spec"],
  });
}

async function sourceOf(source: string): Promise<Source> {
  await aSet(source);
  const inputs = { namespace, release: "axon", source, rpcPort: 8000 };
  return Source.find(kube, inputs, contextForTests({}));
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
