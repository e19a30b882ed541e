import { ActionError } from "@playbook/action";
import type { Member } from "@playbook/bft";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";
import type { Post } from "./layout.ts";

type VolumeSnapshot = KubeObject & {
  spec: { source: { persistentVolumeClaimName: string }; volumeSnapshotClassName?: string };
  status?: { creationTime?: string; readyToUse?: boolean; error?: { message?: string } | null };
};

/** A snapshot that does not come about, and what its driver says. */
type Awaited = {
  metadata: { name: string; uid: string };
  status?: { error?: { message?: string } | null };
};

/** Drivers try again by themselves: what one could not do for so long it does not do. */
const FAILING_MS = 2 * 60_000;

/** Remembers since when snapshots fail. */
export class SnapshotFailures {
  readonly #since = new Map<string, number>();

  /**
   * Throws `snapshot-failed` when one of those that are awaited has failed for longer than it may.
   */
  check(awaited: readonly Awaited[], now: number): void {
    for (const { metadata, status } of awaited) {
      const said = status?.error?.message;
      if (said === undefined) this.#since.delete(metadata.uid);
      else if (now - this.#sinceWhen(metadata.uid, now) >= FAILING_MS) {
        throw snapshotFailed(metadata.name, said);
      }
    }
  }

  #sinceWhen(uid: string, now: number): number {
    const since = this.#since.get(uid) ?? now;
    this.#since.set(uid, since);
    return since;
  }
}

export function snapshotFailed(name: string, why: string): ActionError {
  return new ActionError("snapshot-failed", {
    what: `No snapshot of a node's volume is taken: VolumeSnapshot ${name}.`,
    why,
    next: "Correct `snapshot-class`, or what is said of it; delete that one, and run this again.",
  });
}

const volumeSnapshots: Resource<VolumeSnapshot> = {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshot",
  plural: "volumesnapshots",
  namespaced: true,
};

/**
 * Snapshots of validators' volumes from before each is let go, where there is no other way back.
 */
export class Snapshots {
  readonly #kube: KubeClient;
  readonly #namespace: string;
  readonly #wanted: boolean;
  readonly #class: string | undefined;
  readonly #failures = new SnapshotFailures();
  #there: VolumeSnapshot[] = [];

  constructor(
    kube: KubeClient,
    { namespace, wanted, className }: { namespace: string; wanted: boolean; className?: string },
  ) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#wanted = wanted;
    this.#class = className;
  }

  /** Looks what there is. */
  async refresh(): Promise<void> {
    if (!this.#wanted) return;
    this.#there = await this.#kube.list(volumeSnapshots, { namespace: this.#namespace });
  }

  stateOf(post: Post): Member["snapshot"] {
    if (!this.#wanted) return "unwanted";
    const found = this.#there.find(({ metadata }) => metadata.name === nameOf(post));
    if (!found) return "missing";
    return isTaken(found) ? "taken" : "pending";
  }

  /** Looks at those that are awaited. Throws `snapshot-failed`. */
  async lookAt(posts: readonly Post[], now: number): Promise<void> {
    await this.refresh();
    const names = new Set(posts.map(nameOf));
    const own = this.#there.filter(({ metadata }) => names.has(metadata.name));
    this.#failures.check(
      own.filter((snapshot) => !isTaken(snapshot)),
      now,
    );
  }

  async take(post: Post): Promise<string> {
    const name = nameOf(post);
    const { apiVersion, kind } = volumeSnapshots;
    await this.#kube.create(volumeSnapshots, {
      ...{ apiVersion, kind, metadata: { name, namespace: this.#namespace } },
      spec: {
        source: { persistentVolumeClaimName: claimOf(post) },
        ...(this.#class && { volumeSnapshotClassName: this.#class }),
      },
    });
    return name;
  }

  /** The names of those that are there, by pod. */
  nameFor(post: Post): string | null {
    return this.stateOf(post) === "taken" ? nameOf(post) : null;
  }
}

/**
 * What it holds is decided, however long that is copied away: EBS takes hours for a first one. Some
 * drivers tell only the end of it.
 */
function isTaken({ status }: Pick<VolumeSnapshot, "status">): boolean {
  return status?.creationTime !== undefined || status?.readyToUse === true;
}

/** One for each pod and the revision that it is let go to: a second run finds it. */
function nameOf({ place }: Post): string {
  const revision = place.set.status?.updateRevision?.split("-").at(-1) ?? "first";
  return `${place.pod}-before-${revision}`;
}

/** The claim of the pod's data, by how StatefulSets name what they claim. */
function claimOf({ place, pod }: Post): string {
  const volumes = (pod?.spec as { volumes?: Claimed[] } | undefined)?.volumes ?? [];
  const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  return claims[0] ?? `data-${place.pod}`;
}

type Claimed = { persistentVolumeClaim?: { claimName: string } };
