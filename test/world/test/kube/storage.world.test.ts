import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cluster, type KubeObject, startCluster, until } from "@playbook/world";
import {
  CLAIMS,
  CONTENTS,
  claim,
  PODS,
  podWith,
  SNAPSHOTS,
  snapshot,
  VOLUMES,
} from "./manifests.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterEach(() => cluster?.disks.calm());
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** The volume of a claim, which comes once a pod uses it. */
async function volumeOf(name: string, more: object = {}, on = cluster): Promise<KubeObject> {
  await on.api.create(CLAIMS, claim(name, more));
  await on.api.create(PODS, podWith(name));
  const { spec } = await until(async () => {
    const found = await on.api.get(`${CLAIMS}/${name}`);
    return found.status?.phase === "Bound" && found;
  });
  return on.api.get(`${VOLUMES}/${spec.volumeName}`);
}

const fileIn = (volume: KubeObject, on = cluster) => join(on.disks.folderOf(volume), "file");

async function take(name: string, of: string): Promise<KubeObject> {
  await cluster.api.create(SNAPSHOTS, snapshot(name, { persistentVolumeClaimName: of }));
  return until(async () => {
    const found = await cluster.api.get(`${SNAPSHOTS}/${name}`);
    return found.status?.readyToUse && found;
  });
}

test("a claim gets a volume in the zone of its pod's node, with a folder", async () => {
  const volume = await volumeOf("plain");

  const { spec } = await until(async () => {
    const found = await cluster.api.get(`${PODS}/uses-plain`);
    return found.spec.nodeName !== undefined && found;
  });
  const node = await cluster.api.get(`/api/v1/nodes/${spec.nodeName}`);
  const [term] = volume.spec.nodeAffinity.required.nodeSelectorTerms;
  const zone = node.metadata.labels?.["topology.kubernetes.io/zone"];
  expect(term.matchExpressions[0].values).toEqual([zone]);
  expect(volume.spec.persistentVolumeReclaimPolicy).toBe("Delete");
  expect(await readdir(cluster.disks.folderOf(volume))).toEqual([]);
});

test("a volume goes with its claim, unless its class retains it", async () => {
  const gone = await volumeOf("gone");
  const kept = await volumeOf("kept", { storageClassName: "gp3-retain" });
  await writeFile(fileIn(kept), "kept");

  for (const name of ["gone", "kept"]) {
    await cluster.api.delete(`${PODS}/uses-${name}`);
    await cluster.api.delete(`${CLAIMS}/${name}`);
  }

  await until(async () => !(await cluster.api.find(`${VOLUMES}/${gone.metadata.name}`)));
  await expect(readdir(cluster.disks.folderOf(gone))).rejects.toThrow("ENOENT");
  const { status } = await until(async () => {
    const found = await cluster.api.get(`${VOLUMES}/${kept.metadata.name}`);
    return found.status?.phase === "Released" && found;
  });
  expect(status.phase).toBe("Released");
  expect(await readFile(fileIn(kept), "utf8")).toBe("kept");
});

test("a claim on a snapshot begins with what the volume held when it was taken", async () => {
  const volume = await volumeOf("source");
  await writeFile(fileIn(volume), "before");
  const { status } = await take("taken", "source");
  await writeFile(fileIn(volume), "after");

  const restored = await volumeOf("restored", {
    dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "taken" },
  });

  expect(status).toMatchObject({ restoreSize: String(10 * 2 ** 30), readyToUse: true });
  expect(await readFile(fileIn(restored), "utf8")).toBe("before");
});

test("a snapshot that fails says why, and is taken when that is over", async () => {
  await volumeOf("failing");
  cluster.disks.fault({ do: "create snapshot", message: "quota exceeded", times: 2 });
  const seen: string[] = [];
  const stop = cluster.api.watch(SNAPSHOTS, {
    onSeen: ({ metadata, status }) => {
      if (metadata.name === "tried" && status?.error) seen.push(status.error.message);
    },
  });

  const { status } = await take("tried", "failing");
  stop();

  expect(seen).toContain("quota exceeded");
  expect(status.error).toBeUndefined();
});

test("a volume that cannot be made is told of in the claim's events", async () => {
  cluster.disks.fault({ do: "create volume", message: "no capacity in this zone" });

  await volumeOf("unlucky");

  const events = await cluster.api.list("/api/v1/namespaces/default/events");
  const told = events.filter(({ involvedObject }) => involvedObject.name === "unlucky");
  expect(told.map(({ message }) => message).join("\n")).toContain("no capacity in this zone");
});

test("a snapshot takes its content along, or leaves it when its class retains it", async () => {
  await volumeOf("kept-by");
  const source = { persistentVolumeClaimName: "kept-by" };
  await cluster.api.create(SNAPSHOTS, snapshot("goes", source));
  const retain = { volumeSnapshotClassName: "ebs-retain" };
  await cluster.api.create(SNAPSHOTS, snapshot("stays", source, retain));
  const contentOf = (name: string) =>
    until(async () => {
      const { status } = await cluster.api.get(`${SNAPSHOTS}/${name}`);
      return status?.readyToUse && (status.boundVolumeSnapshotContentName as string);
    });
  const [gone, left] = [await contentOf("goes"), await contentOf("stays")];

  await cluster.api.delete(`${SNAPSHOTS}/goes`);
  await cluster.api.delete(`${SNAPSHOTS}/stays`);

  await until(async () => !(await cluster.api.find(`${SNAPSHOTS}/stays`)));
  await until(async () => !(await cluster.api.find(`${CONTENTS}/${gone}`)));
  expect(await cluster.api.find(`${CONTENTS}/${left}`)).toBeDefined();
});

test("another cluster of the same account restores a snapshot by its handle", async () => {
  const volume = await volumeOf("abroad");
  await writeFile(fileIn(volume), "carried over");
  const { status } = await take("carried", "abroad");
  const content = await cluster.api.get(`${CONTENTS}/${status.boundVolumeSnapshotContentName}`);

  await using other = await startCluster({ disks: cluster.disks });
  const made = {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotContent",
    metadata: { name: "carried" },
    spec: {
      driver: "ebs.csi.aws.com",
      deletionPolicy: "Retain",
      source: { snapshotHandle: content.status.snapshotHandle },
      volumeSnapshotRef: { namespace: "default", name: "carried" },
    },
  };
  await other.api.create(CONTENTS, made);
  await other.api.create(SNAPSHOTS, snapshot("carried", { volumeSnapshotContentName: "carried" }));
  const dataSource = {
    apiGroup: "snapshot.storage.k8s.io",
    kind: "VolumeSnapshot",
    name: "carried",
  };
  const restored = await volumeOf("restored", { dataSource }, other);

  expect(await readFile(fileIn(restored, other), "utf8")).toBe("carried over");
});
