import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import {
  connectByFile,
  KubeClient,
  setPartition as setPartitionOf,
  statefulSets,
} from "@playbook/kube";
import { type Cluster, type KubeObject, startCluster, until } from "@playbook/world";
import {
  APPLY,
  documents,
  makeRestricted,
  merged,
  type Values,
  wouldTake,
} from "../../../../test/charts.ts";
import { combinations } from "./combinations.ts";
import { chart, rendered } from "./rendered.ts";
import { leastValues } from "./values.ts";

let cluster: Cluster;
let kube: KubeClient;

beforeAll(async () => {
  cluster = await startCluster();
  const path = await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  const connection = await connectByFile({ path, clock: realClock, env: {} });
  kube = new KubeClient(connection, contextForTests());
}, 1_200_000);

afterAll(() => cluster?.[Symbol.asyncDispose]());

test.each(Object.entries(combinations()).map(([name, values], at) => ({ name, values, at })))(
  "the API server takes all of it, in a restricted namespace: $name",
  async ({ values, at }) => {
    const namespace = `taken-${at}`;
    await makeRestricted(cluster, namespace);
    const manifests = await rendered(merged(leastValues(), values), namespace);

    const { asked, said } = await wouldTake(cluster, manifests, namespace);

    expect(said).toHaveLength(asked);
  },
);

/** Volumes for validators, which nobody provisions here. */
function volumes(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `volume-${at}` },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "by-hand",
      persistentVolumeReclaimPolicy: "Retain",
      hostPath: { path: `/volumes/${at}` },
    },
  }));
}

const HELD = "held";

/** Helm 4 leaves what others have set to them without it. */
const FORCE = "--force-conflicts";

/** A release whose pods KWOK runs, as it does all but Axon's own. */
const released = merged(leastValues(), {
  image: { repository: "registry.example/axon-double" },
  rpc: { enabled: false },
  syncNode: { enabled: false },
  storage: { className: "by-hand", size: "1Gi" },
});

async function helm(command: string, args: string[], over: Values = {}): Promise<void> {
  const values = ["upgrade", "install"].includes(command) ? [chart, "--values", "-"] : [];
  await cluster.helm([command, "axon", ...values, "--namespace", HELD, ...args], {
    input: JSON.stringify(merged(released, over)),
  });
}

type Seen = { image: string; uid: string; partition: number; moved: boolean };

/** Each validator's pod, and whether its set has moved to what the release says. */
async function seen(): Promise<Record<string, Seen>> {
  const sets = await observedSets();
  const pods = await cluster.api.list(`/api/v1/namespaces/${HELD}/pods`);
  return Object.fromEntries(
    sets.map(({ metadata, spec, status }) => {
      const pod = pods.find((it) => it.metadata.name === `${metadata.name}-0`);
      return [
        metadata.name,
        {
          image: pod?.spec?.containers[0].image.split(":")[1],
          uid: pod?.metadata.uid ?? "",
          partition: spec?.updateStrategy.rollingUpdate.partition,
          moved: status?.currentRevision === status?.updateRevision,
        },
      ];
    }),
  );
}

/** The sets once their controller has looked at what they say now. */
function observedSets() {
  return until(async () => {
    const sets = await cluster.api.list(`/apis/apps/v1/namespaces/${HELD}/statefulsets`);
    const isSeen = (set: KubeObject) => set.status?.observedGeneration === set.metadata.generation;
    return sets.every(isSeen) && sets;
  });
}

/** Until there are five pods, all of them ready. */
async function allReady(): Promise<void> {
  await until(async () => {
    const pods = await cluster.api.list(`/api/v1/namespaces/${HELD}/pods`);
    const ready = pods.filter(({ status }) =>
      status?.conditions?.some(
        (it: { type: string; status: string }) => it.type === "Ready" && it.status === "True",
      ),
    );
    return ready.length === 5;
  });
}

/** As a rollout does. */
async function setPartition(name: string, partition: number): Promise<void> {
  const ref = { resource: statefulSets, name, namespace: HELD };
  await setPartitionOf(kube, await kube.get(ref), partition);
}

async function partitions(): Promise<number[]> {
  return Object.values(await seen()).map(({ partition }) => partition);
}

async function moved(set: string): Promise<void> {
  const status = ["--namespace", HELD, "--timeout=60s"];
  await cluster.kubectl(["rollout", "status", `statefulset/${set}`, ...status]);
  await cluster.kubectl([
    "wait",
    ...["--for", "jsonpath={.status.currentReplicas}=1", ...status, `statefulset/${set}`],
  ]);
}

test("an upgrade moves no validator; one that is let go moves, and no other", async () => {
  await makeRestricted(cluster, HELD);
  await cluster.kubectl(APPLY, { input: documents(volumes(5)) });
  await helm("install", []);
  await allReady();
  const before = await seen();
  expect(Object.values(before).map(({ image }) => image)).toEqual(Array(5).fill("v0.3.1"));

  // Another configuration, too: a pod that is held has to find the one that it had.
  const second = { image: { tag: "v0.3.2" }, config: { logger: { filter: "warn" } } };
  await helm("upgrade", [], second);
  await cluster.kubectl(["delete", "pod", "axon-v3-0", "--namespace", HELD]);
  await allReady();
  const held = await seen();
  expect(Object.values(held).map(({ image }) => image)).toEqual(Array(5).fill("v0.3.1"));
  expect(Object.values(held).map((it) => it.moved)).toEqual(Array(5).fill(false));
  expect(held["axon-v0"]?.uid).toBe(before["axon-v0"]?.uid);
  expect(held["axon-v3"]?.uid).not.toBe(before["axon-v3"]?.uid);
  const files = await cluster.api.list(`/api/v1/namespaces/${HELD}/configmaps`);
  expect(files.filter(({ metadata }) => metadata.name.startsWith("axon-files-"))).toHaveLength(2);

  await setPartition("axon-v1", 0);
  await moved("axon-v1");
  const one = await seen();
  expect(Object.values(one).map(({ image }) => image.slice(-1))).toEqual(["1", "2", "1", "1", "1"]);

  // Killed here, with one held again and one not.
  await setPartition("axon-v1", 1);
  await setPartition("axon-v2", 0);
  await moved("axon-v2");
  await expect(helm("upgrade", [], second)).rejects.toThrow("conflict");
  expect(await partitions()).toEqual([1, 1, 0, 1, 1]);
  await helm("upgrade", [FORCE], second);
  expect(await partitions()).toEqual([1, 1, 1, 1, 1]);
  // Held again, as a rollout that is done leaves it, no upgrade by hand meets anything.
  await helm("upgrade", [], second);

  await helm("rollback", ["1"]);
  const back = await seen();
  expect(Object.values(back).map(({ image }) => image.slice(-1))).toEqual([
    "1",
    "2",
    "2",
    "1",
    "1",
  ]);
  expect(Object.values(back).map((it) => it.moved)).toEqual([true, false, false, true, true]);

  const byHand = { rollout: { letGo: ["v1"] } };
  await expect(helm("upgrade", [], byHand)).rejects.toThrow("conflict");
  await helm("upgrade", [FORCE], byHand);
  await moved("axon-v1");
  expect((await seen())["axon-v1"]?.image).toBe("v0.3.1");
}, 300_000);
