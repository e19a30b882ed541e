import { type KubeApi, orUndefined } from "./api.ts";
import { type Disks, DriverError } from "./disks.ts";
import type { KubeObject } from "./object.ts";
import { bytesOf } from "./quantity.ts";
import { Reconciler } from "./reconciler.ts";
import { DRIVER } from "./storage-classes.ts";

const API = "/apis/snapshot.storage.k8s.io/v1";
const CONTENTS = `${API}/volumesnapshotcontents`;
const CLASSES = `${API}/volumesnapshotclasses`;
const DEFAULT_CLASS = "snapshot.storage.kubernetes.io/is-default-class";
const KEPT = "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection";

/** In the place of the snapshot controller and of its driver's sidecar. */
export function startSnapshotter(api: KubeApi, disks: Disks): Disposable {
  const made = new DisposableStack();
  const reconciler = made.use(new Reconciler((path) => reconcile(api, disks, path)));
  made.defer(
    api.watch(`${API}/volumesnapshots`, {
      onSeen: ({ metadata: { namespace, name } }) =>
        reconciler.ask(`${API}/namespaces/${namespace}/volumesnapshots/${name}`),
    }),
  );
  return made;
}

async function reconcile(api: KubeApi, disks: Disks, path: string): Promise<void> {
  const snapshot = await api.find(path);
  if (!snapshot) return;
  if (snapshot.metadata.deletionTimestamp) return release(api, disks, snapshot, path);
  if (snapshot.status?.readyToUse) return;

  try {
    if (!snapshot.metadata.finalizers?.includes(KEPT)) {
      await api.patch(path, { metadata: { finalizers: [KEPT] } });
    }
    const content = await contentFor(api, snapshot);
    await api.patch(`${path}/status`, {
      status: { boundVolumeSnapshotContentName: content.metadata.name, readyToUse: false },
    });
    const status = await stored(api, disks, content, path);
    await api.patch(`${path}/status`, { status });
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const failure = { message: error.message, time: new Date().toISOString() };
    await api.patch(`${path}/status`, { status: { readyToUse: false, error: failure } });
    throw error;
  }
}

/** What the cluster keeps for a snapshot: made for it, or made by hand for one that exists. */
async function contentFor(api: KubeApi, snapshot: KubeObject): Promise<KubeObject> {
  const { source } = snapshot.spec;
  if (source.volumeSnapshotContentName) {
    return api.get(`${CONTENTS}/${source.volumeSnapshotContentName}`);
  }
  const name = `snapcontent-${snapshot.metadata.uid}`;
  const known = await api.find(`${CONTENTS}/${name}`);
  if (known) return known;

  const { namespace } = snapshot.metadata;
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  const claim = await api.find(`${claims}/${source.persistentVolumeClaimName}`);
  if (claim?.status?.phase !== "Bound") {
    throw new DriverError(`the claim ${source.persistentVolumeClaimName} is not bound`);
  }
  const volume = await api.get(`/api/v1/persistentvolumes/${claim.spec.volumeName}`);
  const type = await classFor(api, snapshot);
  return api.create(CONTENTS, {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotContent",
    metadata: { name },
    spec: {
      driver: DRIVER,
      deletionPolicy: type.deletionPolicy,
      source: { volumeHandle: volume.spec.csi.volumeHandle },
      volumeSnapshotClassName: type.metadata.name,
      volumeSnapshotRef: {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshot",
        namespace,
        name: snapshot.metadata.name,
        uid: snapshot.metadata.uid,
      },
    },
  });
}

async function classFor(api: KubeApi, { spec }: KubeObject): Promise<KubeObject> {
  const classes = await api.list(CLASSES);
  const wanted = spec.volumeSnapshotClassName;
  const found = classes.find(({ metadata }) =>
    wanted === undefined
      ? metadata.annotations?.[DEFAULT_CLASS] === "true"
      : metadata.name === wanted,
  );
  if (found?.driver === DRIVER) return found;
  throw new DriverError(`failed to get the snapshot class ${wanted ?? "(default)"}`);
}

/** The status of a snapshot once it is ready. What it holds is decided when `creationTime` is. */
async function stored(api: KubeApi, disks: Disks, content: KubeObject, path: string) {
  const place = `${CONTENTS}/${content.metadata.name}`;
  const { volumeHandle, snapshotHandle } = content.spec.source;
  const handle = content.status?.snapshotHandle ?? snapshotHandle;
  const known = handle === undefined ? undefined : disks.find(handle);
  if (handle !== undefined && !known) throw new DriverError(`snapshot ${handle} does not exist`);

  const snapshot = known ?? (await disks.take(volumeHandle, await sizeOf(api, volumeHandle)));
  const creationTime = snapshot.takenAt.toISOString();
  const taken = { snapshotHandle: snapshot.handle, restoreSize: snapshot.bytes };
  const nanoseconds = snapshot.takenAt.getTime() * 1e6;
  await api.patch(`${place}/status`, {
    status: { ...taken, creationTime: nanoseconds, readyToUse: false },
  });
  await api.patch(`${path}/status`, { status: { creationTime } });

  await disks.ready(snapshot);
  await api.patch(`${place}/status`, { status: { readyToUse: true } });
  return { creationTime, readyToUse: true, restoreSize: String(snapshot.bytes), error: null };
}

async function sizeOf(api: KubeApi, handle: string): Promise<number> {
  const volumes = await api.list("/api/v1/persistentvolumes");
  const volume = volumes.find(({ spec }) => spec.csi?.volumeHandle === handle);
  if (!volume) throw new DriverError(`volume ${handle} does not exist`);
  return bytesOf(volume.spec.capacity.storage);
}

/** A snapshot that is deleted takes what it stands for along, unless that is to be retained. */
async function release(api: KubeApi, disks: Disks, snapshot: KubeObject, path: string) {
  const name = snapshot.status?.boundVolumeSnapshotContentName;
  const content = name === undefined ? undefined : await api.find(`${CONTENTS}/${name}`);
  if (content?.spec.deletionPolicy === "Delete") {
    const handle = content.status?.snapshotHandle;
    if (handle !== undefined) await disks.forget(handle);
    await api.delete(`${CONTENTS}/${name}`);
  }
  const finalizers = snapshot.metadata.finalizers?.filter((it) => it !== KEPT);
  await api.patch(path, { metadata: { finalizers } }).catch(orUndefined("NotFound"));
}
