import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  connectByFile,
  KubeClient,
  type Pod,
  pods,
  type StatefulSet,
  statefulSets,
  until,
} from "@playbook/kube";
import { type Cluster, startCluster } from "@playbook/world";
import { storyOf } from "../src/story.ts";
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

/** A set whose pod the API server does not let in, once its controller has said so. */
async function setWithoutPod(name: string): Promise<StatefulSet> {
  const labels = { app: name };
  const set = await cluster.api.create(`/apis/apps/v1/namespaces/${namespace}/statefulsets`, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name, namespace },
    spec: {
      ...{ serviceName: name, replicas: 1, selector: { matchLabels: labels } },
      template: {
        metadata: { labels },
        spec: { priorityClassName: "nope", containers: [{ name: "axon", image: "axon:v1" }] },
      },
    },
  });
  await until(
    () => kube.eventsNamed({ resource: statefulSets, name, namespace }),
    (events) => events.some(({ reason }) => reason === "FailedCreate"),
    { what: "it says so", deadlineMs: 30_000, context: contextForTests({ clock: realClock }) },
  );
  return set as unknown as StatefulSet;
}

test("a pod that is not made is given up soon, and its set's words are its story", async () => {
  const set = await setWithoutPod("unmade");
  const post = { place: { set, ordinal: 0, pod: "unmade-0" }, pod: undefined };
  const nope = expect.stringContaining("no PriorityClass with name nope");
  const troubles = new Troubles();

  await expect(troubles.lastingAt(kube, post, 0)).resolves.toBeNull();
  await expect(troubles.lastingAt(kube, post, 29_000)).resolves.toBeNull();
  await expect(troubles.lastingAt(kube, post, 30_000)).resolves.toEqual(nope);

  const changed = { ...set, metadata: { ...set.metadata, generation: 2 } };
  const later = { ...post, place: { ...post.place, set: changed } };
  await expect(troubles.lastingAt(kube, later, 31_000)).resolves.toBeNull();

  await expect(storyOf(kube, namespace, "unmade-0")).resolves.toEqual({
    ...{ pod: "unmade-0", log: [] },
    events: expect.arrayContaining([nope]),
  });
  await expect(storyOf(kube, namespace, "nobody-0")).resolves.toBeNull();
});
