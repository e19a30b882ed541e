import { type Pod, replicasOf, type StatefulSet } from "@playbook/kube";
import { FENCED, PUBLIC_KEY, selects } from "@playbook/rollout";
import { type Destination, isMarkedFor } from "./destination.ts";
import type { ShutSet } from "./shut-set.ts";

/** On a set that a restore has shut: how many nodes it ran. */
export const FENCED_REPLICAS = "playbook/fenced-replicas";

/**
 * Whether a set runs a validator of the old chain. Labels that the set or its pods have count
 * alike: one that is left out would go on signing.
 */
export function isValidator({
  labels,
  release,
}: {
  labels: Record<string, string> | undefined;
  release: string;
}): (set: Pick<StatefulSet, "metadata" | "spec">) => boolean {
  const own = {
    "app.kubernetes.io/instance": release,
    "app.kubernetes.io/component": "validator",
  };
  return ({ metadata, spec }) =>
    [metadata.labels, spec.template.metadata?.labels].some((has) => selects(labels ?? own, has)) ||
    (labels === undefined && metadata.annotations?.[PUBLIC_KEY] !== undefined);
}

export function isFollower(
  { metadata: { labels } }: Pick<StatefulSet, "metadata">,
  release: string,
) {
  const own = { "app.kubernetes.io/instance": release, "app.kubernetes.io/component": "sync" };
  return selects(own, labels);
}

export function isShutFor(set: StatefulSet, destination: Destination): boolean {
  const { metadata, spec } = set;
  const isMarked = metadata.annotations?.[FENCED] !== undefined && isMarkedFor(set, destination);
  return isMarked && spec.replicas === 0;
}

export function shutSet({ metadata, spec }: StatefulSet): ShutSet {
  const { annotations = {} } = metadata;
  const key = annotations[PUBLIC_KEY]?.toLowerCase();
  if (key !== undefined) return { key };
  const { replicas = 1 } = spec;
  const ran = annotations[FENCED_REPLICAS];
  return { nodes: replicas > 0 ? replicas : ran === undefined ? null : Number(ran) };
}

export function keyedSet(set: StatefulSet) {
  const { metadata, status } = set;
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return { name: metadata.name, replicas: replicasOf(set), observed };
}

export function keyedPod({ metadata, spec, status }: Pod) {
  return {
    name: metadata.name,
    phase: status?.phase ?? "Unknown",
    node: spec.nodeName ?? null,
    isGoing: metadata.deletionTimestamp !== undefined,
  };
}
