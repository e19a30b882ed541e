import { type KubeClient, type StatefulSet, statefulSets } from "@playbook/kube";
import { placesOf, type Scene } from "@playbook/rollout";

/**
 * Scales to zero the sets of nodes that are out of the validators' set. A set that has others as
 * well is left alone.
 */
export async function stopNodes(
  kube: KubeClient,
  { sets, posts }: Scene,
  ids: readonly string[],
): Promise<void> {
  const pods = new Set(posts.filter(({ id }) => ids.includes(id)).map(({ place }) => place.pod));
  for (const set of sets.filter((each) => isAllOf(each, pods))) {
    const { name, namespace } = set.metadata;
    const ref = { resource: statefulSets, name, ...(namespace && { namespace }) };
    await kube.merge(ref, { spec: { replicas: 0 } });
  }
}

function isAllOf(set: StatefulSet, pods: ReadonlySet<string>): boolean {
  const places = placesOf([set]);
  return places.length > 0 && places.every(({ pod }) => pods.has(pod));
}
