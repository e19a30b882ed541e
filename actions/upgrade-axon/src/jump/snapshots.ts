import { ActionError } from "@playbook/action";
import {
  awaitDetached,
  type VolumeSnapshot,
  volumeAttachments,
  volumeSnapshots,
} from "@playbook/backup";
import { until } from "@playbook/kube";
import { SnapshotFailures, snapshotFailed } from "@playbook/rollout";
import { type Place, secondsOf, type Volume } from "./volumes.ts";

const TAKEN_MS = 10 * 60_000;

/** What a snapshot holds may be copied away for long: nodes do not wait for it, a way back does. */
const READY_MS = 4 * 3_600_000;

/**
 * Snapshots of all volumes, until what each holds is decided: before, nobody may write into them.
 * Done twice it is as done once. Throws `snapshot-failed`.
 */
export async function takeSnapshots(place: Place, volumes: readonly Volume[]): Promise<void> {
  for (const volume of volumes) {
    await take(place, volume).catch((error) => {
      throw isRefused(error) ? snapshotFailed(volume.snapshot, said(error)) : error;
    });
  }
  const isTaken = ({ status }: VolumeSnapshot) => status?.creationTime !== undefined;
  const what = "all volumes are snapshotted";
  await awaitSnapshots(place, volumes, { what, is: isTaken, deadlineMs: TAKEN_MS });
}

/** Of what its file system has written, and it has when no node has the volume any more. */
async function take(place: Place, { claim, snapshot }: Volume): Promise<void> {
  const { kube, namespace, snapshotClass, context } = place;
  if (await kube.find({ resource: volumeSnapshots, name: snapshot, namespace })) return;
  await awaitDetached(kube, { name: claim, namespace }, context);
  const { apiVersion, kind } = volumeSnapshots;
  await kube.create(volumeSnapshots, {
    ...{ apiVersion, kind, metadata: { name: snapshot, namespace } },
    spec: {
      source: { persistentVolumeClaimName: claim },
      ...(snapshotClass && { volumeSnapshotClassName: snapshotClass }),
    },
  });
}

/** By a quota or whatever else guards the namespace, or by a volume that no node lets go. */
function isRefused(error: unknown): error is ActionError {
  return error instanceof ActionError && REFUSALS.includes(error.code);
}

const REFUSALS = [
  ...["kube-absent", "kube-forbidden", "kube-invalid", "kube-refused"],
  "volume-attached",
];

function said({ what, why }: ActionError): string {
  return `${what} ${why}`;
}

type Wish = { what: string; is: (snapshot: VolumeSnapshot) => boolean; deadlineMs: number };

/** Throws `snapshot-failed` as soon as a driver has failed for long, and when it is late. */
async function awaitSnapshots(
  { kube, namespace, context }: Place,
  volumes: readonly Pick<Volume, "snapshot">[],
  { what, is, deadlineMs }: Wish,
): Promise<void> {
  const names = new Set(volumes.map(({ snapshot }) => snapshot));
  const failures = new SnapshotFailures();
  let missing: string[] = [];
  await until(
    async () => {
      const all = await kube.list(volumeSnapshots, { namespace });
      const awaited = all.filter((one) => names.has(one.metadata.name) && !is(one));
      const there = new Set(all.filter(is).map(({ metadata }) => metadata.name));
      missing = [...names].filter((name) => !there.has(name));
      failures.check(awaited, context.clock.now());
      return missing.length;
    },
    (count) => count === 0,
    { what, deadlineMs, context },
  ).catch((error) => {
    const isLate = error instanceof ActionError && error.code === "not-in-time";
    throw isLate ? snapshotFailed(missing.join(", "), SILENT) : error;
  });
}

const SILENT = "Nothing is said of it: no snapshot controller, or no driver, may run there.";

/** Throws what the role may not see, or the cluster does not know, of all that snapshots need. */
export async function seeWhatIsNeeded({ kube }: Place): Promise<void> {
  await kube.list(volumeAttachments, {});
}

/**
 * When the first of the snapshots was asked for, in seconds since the epoch: nobody ran at that
 * time. undefined when they are not all there.
 */
export async function snapshotTime(
  { kube, namespace }: Place,
  volumes: readonly Volume[],
): Promise<number | undefined> {
  const all = await kube.list(volumeSnapshots, { namespace });
  const names = new Set(volumes.map(({ snapshot }) => snapshot));
  const own = all.filter(({ metadata }) => names.has(metadata.name));
  if (own.length < names.size) return undefined;
  return Math.min(...own.map(({ metadata }) => secondsOf(metadata.creationTimestamp)));
}

/**
 * A volume that is given up is lost where nothing is there to make it anew from. Throws
 * `jump-no-snapshot`.
 */
export async function seeSnapshots(place: Place, volumes: readonly Volume[]): Promise<void> {
  const all = await place.kube.list(volumeSnapshots, { namespace: place.namespace });
  const there = new Set(all.map(({ metadata }) => metadata.name));
  const missing = volumes.filter(({ snapshot }) => !there.has(snapshot));
  if (missing.length > 0) throw noSnapshot(missing);
  const isReady = ({ status }: VolumeSnapshot) => status?.readyToUse === true;
  const what = "all snapshots can be restored from";
  const wish = { what, is: isReady, deadlineMs: READY_MS };
  await awaitSnapshots(place, volumes, wish).catch((error) => {
    throw isFailure(error) ? noSnapshot(volumes, error.why) : error;
  });
}

function isFailure(error: unknown): error is ActionError {
  return error instanceof ActionError && error.code === "snapshot-failed";
}

function noSnapshot(volumes: readonly Volume[], because = ""): ActionError {
  const names = volumes.map(({ snapshot }) => snapshot).join(", ");
  return new ActionError("jump-no-snapshot", {
    what: `The snapshots ${names} are not there, or not ready.`,
    why: `${because} They are the data from before the jump. No volume was touched, and all nodes are stopped.`.trim(),
    next: "Run this again once they are ready. If they are lost, restore a backup.",
  });
}
