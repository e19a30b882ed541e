import type { Pod, StatefulSet } from "@playbook/kube";
import { isPodOf } from "@playbook/rollout";
import { keyOf } from "./source.ts";

const RELEASE = "app.kubernetes.io/instance";

/**
 * The pods that a node is compared with: its release's, and those of validators' sets that are
 * labelled as no release's, as people make them by hand. Another release may be another chain.
 */
export function othersAmong(
  all: readonly Pod[],
  sets: readonly StatefulSet[],
  { release, pod: own }: { release: string; pod: string },
): Pod[] {
  const byHand = sets.filter((set) => keyOf(set) !== undefined && releaseOf(set) === undefined);
  return all.filter(
    (pod) =>
      pod.metadata.name !== own &&
      (releaseOf(pod) === release || byHand.some((set) => isPodOf(pod, set))),
  );
}

function releaseOf({ metadata }: Pod | StatefulSet): string | undefined {
  return metadata.labels?.[RELEASE];
}
