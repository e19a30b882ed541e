import type { Member } from "@playbook/bft";
import { type Pod, partitionOf, replicasOf, type StatefulSet } from "@playbook/kube";

/** Where a validator's public key stands on its set, or on its pod where a set has several. */
export const PUBLIC_KEY = "axon/public-key";

/** What a controller marks each pod with. */
const REVISION = "controller-revision-hash";

/** A place in a set: the pod of this ordinal, whether it is there or not. */
export type Place = { set: StatefulSet; ordinal: number; pod: string };

/** A validator's place, and the pod in it. */
export type Post = { id: string; place: Place; pod: Pod | undefined };

/** All places of all sets. */
export function placesOf(sets: readonly StatefulSet[]): Place[] {
  return sets.flatMap((set) =>
    Array.from({ length: replicasOf(set) }, (_, ordinal) => ({
      set,
      ordinal,
      pod: `${set.metadata.name}-${ordinal}`,
    })),
  );
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

/**
 * Validators whose sets have no place for them, being scaled down: nobody votes for them, however
 * recently they did.
 */
export function shutIn(
  sets: readonly StatefulSet[],
  named: ReadonlyMap<string, string>,
): Set<string> {
  const ids = sets.flatMap((set) => {
    const { name, annotations } = set.metadata;
    const own = replicasOf(set) === 0 ? annotations?.[PUBLIC_KEY] : undefined;
    const placeless = [...named].filter(([pod]) => ordinalIn(name, pod) >= replicasOf(set));
    return [...(own ? [own] : []), ...placeless.map(([, id]) => id)];
  });
  return new Set(ids.map((id) => id.toLowerCase()));
}

/** The ordinal of a pod among a set's; -1 for another set's. */
function ordinalIn(set: string, pod: string): number {
  const ordinal = pod.startsWith(`${set}-`) ? pod.slice(set.length + 1) : "";
  return /^\d+$/.test(ordinal) ? Number(ordinal) : -1;
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
