import { ActionError } from "@playbook/action";
import {
  hold,
  isConflict,
  type KubeClient,
  partitionOf,
  type Rendered,
  replicasOf,
  type StatefulSet,
  setPartition,
  statefulSets,
} from "@playbook/kube";
import { comesBackWanted } from "./layout.ts";

/** Which run a set belongs to: no other run touches it. */
const CLAIM = "playbook/rollout";

/** Makes the sets this run's own: a run that was thought dead can change none of them any more. */
export async function claim(
  kube: KubeClient,
  sets: readonly StatefulSet[],
  run: string,
): Promise<void> {
  for (const { metadata } of sets) {
    const { name, namespace } = metadata;
    const change = { metadata: { annotations: { [CLAIM]: run } } };
    await kube.merge({ resource: statefulSets, name, namespace }, change);
  }
}

/** How the chart renders a set, by its name; what it does not render renders no partition. */
export type RenderedSets = ReadonlyMap<string, Rendered>;

function renderedOf(set: StatefulSet, rendered: RenderedSets): Rendered {
  const { name } = set.metadata;
  return rendered.get(name) ?? { name, replicas: replicasOf(set) };
}

/** Holds every pod of the sets at the revision that it has. */
export async function holdAll(
  kube: KubeClient,
  sets: readonly StatefulSet[],
  rendered: RenderedSets,
): Promise<void> {
  for (const set of sets) await hold(kube, set, renderedOf(set, rendered));
}

/**
 * Lets the pods from an ordinal on go: their controller replaces those of another revision. Over
 * the version of the set that was looked at: what changed since is looked at first. Throws
 * `rollout-taken-over` when the set is another run's by now.
 */
export async function open(
  kube: KubeClient,
  set: StatefulSet,
  ordinal: number,
  run: string,
): Promise<void> {
  const owner = set.metadata.annotations?.[CLAIM];
  if (owner !== run) throw takenOver(set, owner);
  await setPartition(kube, set, ordinal, { onlyVersion: true }).catch((error) => {
    if (!isConflict(error)) throw error;
  });
}

/** Sets whose pods are all at one revision, and come back at it, are held as the chart has it. */
export async function settle(
  kube: KubeClient,
  sets: readonly StatefulSet[],
  rendered: RenderedSets,
): Promise<void> {
  for (const set of sets.filter(comesBackWanted)) {
    const { partition = replicasOf(set) } = renderedOf(set, rendered);
    if (partitionOf(set) !== partition) await setPartition(kube, set, partition);
  }
}

export function takenOver({ metadata }: StatefulSet, owner = "nobody"): ActionError {
  return new ActionError("rollout-taken-over", {
    what: "Another run has taken this rollout over.",
    why: `StatefulSet ${metadata.name} belongs to ${owner}: this run was silent for too long.`,
    next: "Look at that run. This one changes nothing any more.",
  });
}
