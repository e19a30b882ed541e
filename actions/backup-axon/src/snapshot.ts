import { ActionError, type Context } from "@playbook/action";
import { snapshotContents, type VolumeSnapshot, volumeSnapshots } from "@playbook/backup";
import { type KubeClient, until } from "@playbook/kube";
import { isLate } from "./in-step.ts";

/** Of which backup a snapshot is. */
export const BACKUP = "playbook/backup";
const RELEASE = "playbook/release";

/** On a snapshot during which the node was at rest: how long that was, in milliseconds. */
const WHOLE = "playbook/backup-down-ms";

const TAKEN_MS = 10 * 60_000;
const READY_MS = 4 * 3_600_000;

export type SnapshotInputs = {
  namespace: string;
  release: string;
  snapshotClass?: string | undefined;
};

/** The snapshots that backups of a release have taken. */
export class Snapshots {
  readonly #kube: KubeClient;
  readonly #inputs: SnapshotInputs;
  readonly #context: Context;

  constructor(kube: KubeClient, inputs: SnapshotInputs, context: Context) {
    this.#kube = kube;
    this.#inputs = inputs;
    this.#context = context;
  }

  nameFor(backup: string): string {
    return `${this.#inputs.release.slice(0, 24)}-backup-${backup}`;
  }

  async all(): Promise<VolumeSnapshot[]> {
    const { namespace, release } = this.#inputs;
    const labels = `${RELEASE}=${release}`;
    const found = await this.#kube.list(volumeSnapshots, { namespace, labels });
    return found.sort((a, b) => (backupOf(a) < backupOf(b) ? -1 : 1));
  }

  /** Takes one, and waits until what it holds is decided. */
  async take(backup: string, claim: string): Promise<void> {
    const { namespace, release, snapshotClass } = this.#inputs;
    const { apiVersion, kind } = volumeSnapshots;
    const labels = { [BACKUP]: backup, [RELEASE]: release };
    await this.#kube.create(volumeSnapshots, {
      ...{ apiVersion, kind, metadata: { name: this.nameFor(backup), namespace, labels } },
      spec: {
        source: { persistentVolumeClaimName: claim },
        ...(snapshotClass && { volumeSnapshotClassName: snapshotClass }),
      },
    });
    await this.#until(
      backup,
      TAKEN_MS,
      "is taken",
      ({ status }) => status?.creationTime !== undefined,
    );
  }

  /** Marks it as one of a node that was at rest. */
  async mark(backup: string, downMs: number): Promise<void> {
    await this.#kube.merge(this.#ref(backup), {
      metadata: { annotations: { [WHOLE]: String(Math.round(downMs)) } },
    });
  }

  /** Until it can be restored from; the handle under which other clusters know it. */
  async ready(backup: string): Promise<{ name: string; handle: string }> {
    const snapshot = await this.#until(
      backup,
      READY_MS,
      "is ready",
      ({ status }) => status?.readyToUse === true,
    );
    const name = snapshot.status?.boundVolumeSnapshotContentName ?? "";
    const content = await this.#kube.get({ resource: snapshotContents, name });
    return { name: snapshot.metadata.name, handle: content.status?.snapshotHandle ?? "" };
  }

  /** When what it holds was decided. */
  async takenAt(backup: string): Promise<number> {
    const { status } = await this.#kube.get(this.#ref(backup));
    return Date.parse(status?.creationTime ?? "");
  }

  /** Throws one away that is not to be gone on with. */
  async drop(backup: string): Promise<void> {
    await this.remove(await this.#kube.get(this.#ref(backup)));
  }

  async remove(snapshot: VolumeSnapshot): Promise<void> {
    const { name, namespace, uid } = snapshot.metadata;
    await this.#kube.remove(
      { resource: volumeSnapshots, name, ...(namespace && { namespace }) },
      uid,
    );
  }

  async #until(
    backup: string,
    deadlineMs: number,
    becomes: string,
    isDone: (seen: VolumeSnapshot) => boolean,
  ): Promise<VolumeSnapshot> {
    const ref = this.#ref(backup);
    let failed = "";
    const snapshot = await until(
      () => this.#kube.get(ref),
      (seen) => {
        failed = seen.status?.error?.message ?? "";
        return isDone(seen);
      },
      {
        what: `VolumeSnapshot ${ref.name} ${becomes}`,
        ...{ deadlineMs, pauseMs: 500, context: this.#context },
      },
    ).catch((error) => {
      throw failed && isLate(error) ? notTaken(ref.name, failed) : error;
    });
    return snapshot;
  }

  #ref(backup: string) {
    const { namespace } = this.#inputs;
    return { resource: volumeSnapshots, name: this.nameFor(backup), namespace };
  }
}

export function backupOf({ metadata }: VolumeSnapshot): string {
  return metadata.labels?.[BACKUP] ?? "";
}

/** How long its node was down; null for one that nobody has found whole. */
export function downOf({ metadata }: VolumeSnapshot): number | null {
  const text = metadata.annotations?.[WHOLE];
  return text === undefined ? null : Number(text);
}

/** One that is deleted may be there for a while. */
export function isGoing({ metadata }: VolumeSnapshot): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function notTaken(name: string, why: string): ActionError {
  return new ActionError("snapshot-failed", {
    what: `VolumeSnapshot ${name} is not taken.`,
    why,
    next: "Correct `snapshot-class`, or what the driver says, and run this again.",
  });
}
