import type { Pod, StatefulSet } from "@playbook/kube";
import { comesBackWanted, isPodOf } from "./layout.ts";

/**
 * Sets whose controllers do not see all pods ready keep the version from before: what that means,
 * and who it is; null where there is none.
 */
export function unreadyText(sets: readonly StatefulSet[], pods: readonly Pod[]): string | null {
  const left = sets.filter((set) => !comesBackWanted(set));
  if (left.length === 0) return null;
  const unready = pods.filter((pod) => left.some((set) => isPodOf(pod, set)) && !isReady(pod));
  const names = unready.map(nameWithContainers).join(", ") || "of no pod it is said which";
  return (
    `All vote, but Kubernetes does not see all pods Ready: ${names}. Until they are, ` +
    `${left.map(({ metadata }) => metadata.name).join(", ")} keeps the version from before: in ` +
    "the next rollout a pod that dies before its turn comes back at that one. See why they are " +
    "not: a probe, or a container beside the node."
  );
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}

function nameWithContainers({ metadata, status }: Pod): string {
  const containers = (status?.containerStatuses ?? []).filter(({ ready }) => !ready);
  const names = containers.map(({ name }) => name).join(", ");
  return names ? `${metadata.name} (${names})` : metadata.name;
}
