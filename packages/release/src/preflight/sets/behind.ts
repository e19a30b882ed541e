import type { StatefulSet as LiveSet, Pod } from "@playbook/kube";
import { isPodOf, revisionOf } from "@playbook/rollout";
import { type Finding, warning } from "../finding.ts";

/**
 * Sets that keep a version which none of their pods has any more: Kubernetes has not seen all of
 * them ready since, and makes a pod of it that dies while it is held.
 */
export function checkBehind(sets: readonly LiveSet[], pods: readonly Pod[]): Finding[] {
  return sets.flatMap((set) => {
    const { metadata, status } = set;
    const own = pods.filter((pod) => isPodOf(pod, set));
    const current = status?.currentRevision;
    const isHad = own.some((pod) => revisionOf(pod) === current);
    if (current === undefined || own.length === 0 || isHad) return [];
    const why =
      "Kubernetes has not seen all of its pods Ready since they were changed last, and keeps the " +
      `version from before (${current}): a pod that dies before its turn comes back at that one.`;
    const next =
      "See why they are not Ready (a probe, or a container beside the node); once all are, " +
      "Kubernetes forgets that version.";
    return [warning("set-behind", `StatefulSet ${metadata.name}`, why, next)];
  });
}
