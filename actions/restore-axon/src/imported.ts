import { ActionError, type Context } from "@playbook/action";
import {
  type Manifest,
  removed,
  snapshotContents,
  type VolumeSnapshot,
  volumeSnapshots,
} from "@playbook/backup";
import { type KubeClient, until } from "@playbook/kube";

const PREFIX = "axon-restore-";

export type Importing = {
  namespace: string;
  snapshotDriver: string;
  /** How long the account may take to know it; nothing is copied. */
  readyMs: number;
};

type Stored = Pick<Manifest, "id" | "snapshot">;

const nameOf = ({ id }: Stored) => `${PREFIX}${id}`;

/** What a volume is made from. */
export function sourceOf(manifest: Stored) {
  return { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: nameOf(manifest) };
}

/**
 * Makes the account's snapshot known to this cluster and namespace. The namespace's half comes
 * first: it names the cluster's, so that whoever clears up after a run that died finds both by it.
 * Resolves with the size of the volume that it was taken of. Throws `snapshot-not-ready`.
 */
export async function importSnapshot(
  kube: KubeClient,
  manifest: Stored,
  { namespace, snapshotDriver: driver, readyMs }: Importing,
  context: Context,
): Promise<string | undefined> {
  const snapshotHandle = handleOf(manifest);
  const name = nameOf(manifest);
  const known = `${namespace}-${name}`;
  const snapshot =
    (await kube.find({ resource: volumeSnapshots, name, namespace })) ??
    (await kube.create(volumeSnapshots, {
      ...{ apiVersion: volumeSnapshots.apiVersion, kind: volumeSnapshots.kind },
      metadata: { name, namespace },
      spec: { source: { volumeSnapshotContentName: known } },
    }));
  if (!(await isKnown(kube, known, snapshot, context))) {
    const { apiVersion, kind } = snapshotContents;
    await kube.create(snapshotContents, {
      ...{ apiVersion, kind, metadata: { name: known } },
      spec: {
        driver,
        deletionPolicy: "Retain",
        source: { snapshotHandle },
        volumeSnapshotRef: { namespace, name },
      },
    });
  }
  const from = { handle: snapshotHandle, driver, readyMs };
  return sizeOf(kube, { name, namespace }, from, context);
}

async function sizeOf(
  kube: KubeClient,
  place: { name: string; namespace: string },
  from: { handle: string; driver: string; readyMs: number },
  context: Context,
): Promise<string | undefined> {
  let said: string | undefined;
  const { status } = await until(
    () => kube.get({ resource: volumeSnapshots, ...place }),
    (seen) => {
      said = seen.status?.error?.message;
      return seen.status?.readyToUse === true;
    },
    { what: `VolumeSnapshot ${place.name} is ready`, deadlineMs: from.readyMs, context },
  ).catch((error) => {
    const isLate = error instanceof ActionError && error.code === "not-in-time";
    throw isLate ? notReady(from, kube.connection.cluster, said) : error;
  });
  return status?.restoreSize;
}

/**
 * Whether the cluster's half is there. One that is bound to the half of a namespace that was
 * deleted since is taken away: it is retained, and never bound to another.
 */
async function isKnown(
  kube: KubeClient,
  name: string,
  { metadata: { uid } }: VolumeSnapshot,
  context: Context,
): Promise<boolean> {
  const ref = { resource: snapshotContents, name };
  const bound = (await kube.find(ref))?.spec.volumeSnapshotRef;
  if (!bound) return false;
  if (bound.uid === undefined || bound.uid === uid) return true;
  await removed(kube, ref, context);
  return false;
}

/**
 * Makes what was imported into a namespace unknown again, of whichever backup; the account's
 * snapshots are the backups' and stay.
 */
export async function forgetImported(
  kube: KubeClient,
  namespace: string,
  context: Context,
): Promise<void> {
  const all = await kube.list(volumeSnapshots, { namespace });
  for (const { metadata, spec } of all.filter(isImported)) {
    if (!("volumeSnapshotContentName" in spec.source)) continue;
    const content = { resource: snapshotContents, name: spec.source.volumeSnapshotContentName };
    // It goes when nothing in the namespace is bound to it any more.
    const there = await kube.find(content);
    if (there) await kube.remove(content, there.metadata.uid);
    await removed(kube, { resource: volumeSnapshots, name: metadata.name, namespace }, context);
    await removed(kube, content, context);
  }
}

function isImported({ metadata }: { metadata: { name: string } }): boolean {
  return metadata.name.startsWith(PREFIX);
}

/** By which the account knows the backup's snapshot. Throws `no-snapshot`. */
export function handleOf({ id, snapshot }: Stored): string {
  if (snapshot?.handle) return snapshot.handle;
  throw noSnapshot(id);
}

function noSnapshot(id: string): ActionError {
  return new ActionError("no-snapshot", {
    what: `Backup ${id} names no snapshot.`,
    why: "It is in the bucket alone.",
    next: "Restore it with `from: bucket`.",
  });
}

function notReady(
  { handle, driver }: { handle: string; driver: string },
  cluster: string,
  said: string | undefined,
): ActionError {
  return new ActionError("snapshot-not-ready", {
    what: `${cluster} makes no volume from snapshot ${handle}.`,
    why:
      said ?? `Nothing is said of it: no snapshot controller with driver ${driver} may run there.`,
    next:
      "See that the account still has it, and that `snapshot-driver` is the one " +
      "that runs; or restore `from: bucket`.",
  });
}
