import type { Member } from "@playbook/bft";
import { type Pod, partitionOf, replicasOf, type StatefulSet } from "@playbook/kube";
import { isSelected } from "./labels.ts";

/** Where a validator's public key stands on its set, or on its pod where a set has several. */
export const PUBLIC_KEY = "axon/public-key";

/**
 * On a set that was shut for a restore: by whom. Its key signs elsewhere; a person opens it, if at
 * all.
 */
export const FENCED = "playbook/fenced";

/** What a controller marks each pod with. */
const REVISION = "controller-revision-hash";

/** A place in a set, counted from its first pod on, whether a pod is there or not. */
export type Place = { set: StatefulSet; ordinal: number; pod: string };

/** A validator's place, and the pod in it. */
export type Post = { id: string; place: Place; pod: Pod | undefined };

/** All places of all sets. */
export function placesOf(sets: readonly StatefulSet[]): Place[] {
  return sets.flatMap((set) =>
    Array.from({ length: replicasOf(set) }, (_, ordinal) => ({
      set,
      ordinal,
      pod: podNameOf(set, ordinal),
    })),
  );
}

/** What a set calls its pods: the first one is its number 0, unless it begins with another. */
export function podNameOf(
  { metadata, spec }: { metadata: { name: string }; spec: { ordinals?: { start?: number } } },
  ordinal: number,
): string {
  return `${metadata.name}-${(spec.ordinals?.start ?? 0) + ordinal}`;
}

/**
 * Whether a pod is a set's: by its controller, which may be an earlier set of that name. One that
 * has none is taken in by a set that selects it.
 */
export function isPodOf({ metadata }: Pod, set: StatefulSet): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner) return owner.kind === "StatefulSet" && owner.name === set.metadata.name;
  return isSelected(set.spec.selector, metadata.labels);
}

/**
 * Which validator each place is: by what its set or pod says, or by `named`, pods' names to public
 * keys. Places that nobody names are `nameless`.
 */
export function postsOf(
  sets: readonly StatefulSet[],
  pods: readonly Pod[],
  named: ReadonlyMap<string, string>,
): { posts: Post[]; nameless: string[] } {
  const found = placesOf(sets).map((place) => {
    const pod = pods.find(({ metadata }) => metadata.name === place.pod);
    const own = replicasOf(place.set) === 1 ? place.set.metadata.annotations : undefined;
    const id = named.get(place.pod) ?? pod?.metadata.annotations?.[PUBLIC_KEY] ?? own?.[PUBLIC_KEY];
    return { place, pod, id: id?.toLowerCase() };
  });
  return {
    posts: found.flatMap(({ id, ...rest }) => (id ? [{ id, ...rest }] : [])),
    nameless: found.filter(({ id }) => !id).map(({ place }) => place.pod),
  };
}

/** A validator that has no place: nobody runs its key until its set has one again. */
export type Vacancy = { id: string; pod: string };

/**
 * Which validators have no place: those of a set at nothing, and `named` pods that no set makes.
 * What they voted before says nothing of what they do now.
 */
export function vacanciesOf(
  sets: readonly StatefulSet[],
  posts: readonly Post[],
  named: ReadonlyMap<string, string>,
): Vacancy[] {
  const pods = new Set(placesOf(sets).map(({ pod }) => pod));
  const shut = sets
    .filter((set) => replicasOf(set) === 0)
    .map((set) => ({
      id: set.metadata.annotations?.[PUBLIC_KEY],
      pod: podNameOf(set, 0),
    }));
  const missing = [...named].filter(([pod]) => !pods.has(pod)).map(([pod, id]) => ({ id, pod }));
  const filled = new Set(posts.map(({ id }) => id));
  return [...shut, ...missing]
    .flatMap(({ id, pod }) => (id ? [{ id: id.toLowerCase(), pod }] : []))
    .filter(({ id }) => !filled.has(id));
}

/** How a rollout sees a post. */
export function memberOf(
  { id, place, pod }: Post,
  posts: readonly Post[],
  { trouble, snapshot }: Pick<Member, "trouble" | "snapshot">,
): Member {
  const { set, ordinal } = place;
  const next = posts.find(
    (other) => other.place.set === set && other.place.ordinal === ordinal + 1,
  );
  return {
    id,
    pod: place.pod,
    incarnation: pod ? `${pod.metadata.uid}/${restartsOf(pod)}` : "none",
    revision: pod?.metadata.labels?.[REVISION] ?? null,
    wanted: set.status?.updateRevision ?? "",
    released: ordinal >= partitionOf(set),
    resting: pod !== undefined && pod.metadata.deletionTimestamp === undefined,
    after: next && !comesBackWanted(set) ? next.id : null,
    trouble,
    snapshot,
  };
}

export function restartsOf({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

/** The revision of its set that a pod was made of. */
export function revisionOf({ metadata }: Pod): string | undefined {
  return metadata.labels?.[REVISION];
}

/** Whether a pod that is deleted comes back at the wanted revision even where it is held. */
export function comesBackWanted({ status }: StatefulSet): boolean {
  return status?.currentRevision !== undefined && status.currentRevision === status.updateRevision;
}

/** Whether its pod is the one that its controller is to make of it. */
export function isWanted({ place, pod }: Post): boolean {
  const wanted = place.set.status?.updateRevision;
  return wanted !== undefined && pod?.metadata.labels?.[REVISION] === wanted;
}

/** Whether the controller has taken in what was asked of it last. */
export function isObserved({ metadata, status }: StatefulSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/** How a place's pod is replaced: by opening its set down to it, or by deleting the pod itself. */
export type Way = { open: number } | "delete";

/**
 * Opening a set lets all from the ordinal on go: none of another revision may be among them.
 */
export function wayOf({ place }: Post, posts: readonly Post[]): Way {
  const { set, ordinal } = place;
  const above = posts.filter((other) => other.place.set === set && other.place.ordinal > ordinal);
  const old = above.some(
    ({ pod }) => pod?.metadata.labels?.[REVISION] !== set.status?.updateRevision,
  );
  return old ? "delete" : { open: ordinal };
}
