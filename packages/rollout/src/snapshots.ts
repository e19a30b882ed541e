import type { Member } from "@playbook/bft";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";
import type { Post } from "./layout.ts";

type VolumeSnapshot = KubeObject & {
  spec: { source: { persistentVolumeClaimName: string }; volumeSnapshotClassName?: string };
  status?: { readyToUse?: boolean; error?: { message?: string } };
};

const volumeSnapshots: Resource<VolumeSnapshot> = {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshot",
  plural: "volumesnapshots",
  namespaced: true,
};

/** Snapshots of validators' volumes from before each is let go, where there is no other way back. */
export class Snapshots {
  readonly #kube: KubeClient;
  readonly #namespace: string;
  readonly #wanted: boolean;
  readonly #class: string | undefined;
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
    return found.status?.readyToUse ? "ready" : "pending";
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
    return this.stateOf(post) === "ready" ? nameOf(post) : null;
  }
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
