import type { KubeApi } from "./api.ts";
import { type Disks, DriverError } from "./disks.ts";
import { recordEvent } from "./events.ts";
import type { KubeObject } from "./object.ts";
import { Reconciler } from "./reconciler.ts";
import { DRIVER, ZONE } from "./storage-classes.ts";

const CLAIMS = "/api/v1/persistentvolumeclaims";
const VOLUMES = "/api/v1/persistentvolumes";
const SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1";

/** Makes the volumes that claims ask for, and removes those that nobody claims any longer. */
export function startProvisioner(api: KubeApi, disks: Disks): Disposable {
  const made = new DisposableStack();
  const claims = made.use(new Reconciler((path) => provision(api, disks, path)));
  const volumes = made.use(new Reconciler((name) => reclaim(api, disks, name)));
  made.defer(
    api.watch(CLAIMS, {
      onSeen: ({ metadata: { namespace, name } }) =>
        claims.ask(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`),
    }),
  );
  made.defer(api.watch(VOLUMES, { onSeen: ({ metadata: { name } }) => volumes.ask(name) }));
  return made;
}

async function provision(api: KubeApi, disks: Disks, path: string): Promise<void> {
  const claim = await api.find(path);
  const wanted = claim?.metadata.annotations?.["volume.kubernetes.io/storage-provisioner"];
  if (!claim || wanted !== DRIVER || claim.spec.volumeName) return;
  if (claim.metadata.deletionTimestamp) return;

  const name = `pvc-${claim.metadata.uid}`;
  if (await api.find(`${VOLUMES}/${name}`)) return;
  const about = { apiVersion: "v1", kind: "PersistentVolumeClaim", ...claim };
  try {
    const handle = `vol-0${claim.metadata.uid?.replaceAll("-", "").slice(0, 16)}`;
    await disks.create(handle, await sourceOf(api, claim));
    await api.create(VOLUMES, await volume(api, claim, name, handle));
    const message = `Successfully provisioned volume ${name}`;
    await recordEvent(api, about, { reason: "ProvisioningSucceeded", message });
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    const { namespace: ns = "", name: of } = claim.metadata;
    const message = `failed to provision volume for claim "${ns}/${of}": ${error.message}`;
    await recordEvent(api, about, { reason: "ProvisioningFailed", message, type: "Warning" });
    throw error;
  }
}

/** The handle of the snapshot that a claim begins with; throws while it is not ready. */
async function sourceOf(api: KubeApi, claim: KubeObject): Promise<string | undefined> {
  const source = claim.spec.dataSourceRef ?? claim.spec.dataSource;
  if (!source) return undefined;
  if (source.kind !== "VolumeSnapshot") {
    throw new DriverError(`the world makes no volume from a ${source.kind}`);
  }
  const { namespace } = claim.metadata;
  const snapshots = `${SNAPSHOTS}/namespaces/${namespace}/volumesnapshots`;
  const snapshot = await api.find(`${snapshots}/${source.name}`);
  if (!snapshot?.status?.readyToUse) {
    throw new DriverError(`snapshot ${source.name} is not Ready`);
  }
  const contents = snapshot.status.boundVolumeSnapshotContentName;
  const { status } = await api.get(`${SNAPSHOTS}/volumesnapshotcontents/${contents}`);
  return status.snapshotHandle;
}

/** A disk is in the zone of the node that its first pod was given, and never leaves it. */
async function volume(api: KubeApi, claim: KubeObject, name: string, handle: string) {
  const { metadata, spec } = claim;
  const storage = await api.get(`/apis/storage.k8s.io/v1/storageclasses/${spec.storageClassName}`);
  const zone = await zoneFor(api, metadata.annotations?.["volume.kubernetes.io/selected-node"]);
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { "pv.kubernetes.io/provisioned-by": DRIVER } },
    spec: {
      capacity: { storage: spec.resources.requests.storage },
      accessModes: spec.accessModes,
      volumeMode: spec.volumeMode,
      storageClassName: spec.storageClassName,
      persistentVolumeReclaimPolicy: storage.reclaimPolicy,
      csi: { driver: DRIVER, volumeHandle: handle, fsType: "ext4" },
      claimRef: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
      },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: ZONE, operator: "In", values: [zone] }] },
          ],
        },
      },
    },
  };
}

async function zoneFor(api: KubeApi, selected?: string): Promise<string> {
  const nodes = await api.list("/api/v1/nodes");
  const node = nodes.find(({ metadata }) => metadata.name === selected) ?? nodes[0];
  return node?.metadata.labels?.[ZONE] ?? "";
}

async function reclaim(api: KubeApi, disks: Disks, name: string): Promise<void> {
  const volume = await api.find(`${VOLUMES}/${name}`);
  const { csi, persistentVolumeReclaimPolicy: policy } = volume?.spec ?? {};
  if (csi?.driver !== DRIVER || policy !== "Delete") return;
  if (volume?.status?.phase !== "Released" || volume.metadata.deletionTimestamp) return;
  await disks.remove(csi.volumeHandle);
  await api.delete(`${VOLUMES}/${name}`);
}
