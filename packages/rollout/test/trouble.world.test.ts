import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connectByFile, KubeClient, type Pod, pods, until } from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
import { Troubles, troubleOf } from "../src/trouble.ts";

const namespace = "default";

let cluster: Cluster;
let kube: KubeClient;
beforeAll(async () => {
  cluster = await startCluster();
  kube = await clientOf("ada", ["system:masters"]);
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function clientOf(name: string, groups: string[]): Promise<KubeClient> {
  const path = await cluster.kubeconfig({ name, groups });
  const connection = await connectByFile({ path, clock: realClock, env: {} });
  return new KubeClient(connection, contextForTests({}));
}

/** A pod that asks for more than any node has, once the scheduler has said so. */
async function unplacedPod(name: string): Promise<Pod> {
  const resources = { requests: { cpu: "999" } };
  await cluster.api.create(`/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: { containers: [{ name: "axon", image: "axon:v1", resources }] },
  });
  return until(
    () => kube.get({ resource: pods, name, namespace }),
    (pod) => troubleOf(pod)?.reason === "Unschedulable",
    {
      what: "no node takes it",
      deadlineMs: 30_000,
      context: contextForTests({ clock: realClock }),
    },
  );
}

test("a pod that no node takes is given up later where a node is being made for it", async () => {
  const pod = await unplacedPod("awaited");
  const { uid } = pod.metadata;
  await cluster.api.create(`/api/v1/namespaces/${namespace}/events`, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "awaited.one", namespace },
    involvedObject: { apiVersion: "v1", kind: "Pod", namespace, name: "awaited", uid },
    reason: "Nominated",
    message: "Pod should schedule on: nodeclaim/default-x2z",
    type: "Normal",
    lastTimestamp: new Date().toISOString(),
  });
  const troubles = new Troubles();

  await expect(troubles.lastingIn(kube, pod, 0)).resolves.toBeNull();
  await expect(troubles.lastingIn(kube, pod, 180_000)).resolves.toBeNull();
  await expect(troubles.lastingIn(kube, pod, 600_000)).resolves.toContain("nodeclaim/default-x2z");
});

test("it is given up sooner where nothing tells of one, or its events may not be read", async () => {
  const pod = await unplacedPod("alone");
  const stranger = await clientOf("eve", []);
  for (const client of [kube, stranger]) {
    const troubles = new Troubles();

    await expect(troubles.lastingIn(client, pod, 0)).resolves.toBeNull();
    await expect(troubles.lastingIn(client, pod, 180_000)).resolves.toMatch(
      /^No node takes it: .*nodes are available/,
    );
  }
});
