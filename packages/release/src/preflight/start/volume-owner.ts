import { type Finding, warning } from "../finding.ts";
import { type Container, nameOf, type PodSpec, type StatefulSet } from "../manifest.ts";
import type { Files } from "../pods/mounts.ts";
import { scriptOf } from "../pods/script.ts";
import { claimBehind, nodeOf, type Workload, workloadOf } from "../pods/workload.ts";

const GIVES = /\b(?:chown|chmod|setfacl)\b|\binstall\s[^\n;&|]*-[a-z]*[og]\b/;

/**
 * Whether a node that is not root may write to a volume that is made for it: a new disk is root's,
 * and
 * `fsGroup` gives it away. Nobody is told of who runs so already.
 */
export function checkVolumeOwner(
  set: StatefulSet,
  live: StatefulSet | undefined,
  files: Files,
): Finding[] {
  const workload = workloadOf(set);
  const node = workload && nodeOf(workload);
  if (!workload || !node || !isBound(workload, node)) return [];
  const { pod } = workload;
  if (groupOf(pod) !== undefined || !isUser(pod, node) || isGivenAway(workload, files)) return [];
  const there = live && { ...set, spec: live.spec };
  if (there && isSameUser(set, there)) return [];
  const kept = mountsOf(workload, node).map(({ mountPath }) => mountPath);
  const why =
    `It is not root, and its pod says no fsGroup: a new disk at ${kept.join(", ")} is root's on ` +
    "most kinds of storage, and a node that cannot write there does not start.";
  const next =
    "Set securityContext.fsGroup of the pod to its group, or let a " +
    "container before it, as root, chown it.";
  return [warning("volume-of-root", nameOf(set), why, next)];
}

type Security = { runAsUser?: number; runAsNonRoot?: boolean; fsGroup?: number };

function securityOf(holder: object | undefined): Security {
  return (holder as { securityContext?: Security } | undefined)?.securityContext ?? {};
}

function groupOf(pod: PodSpec): number | undefined {
  return securityOf(pod).fsGroup;
}

/** Whether a container is sure to be another user than root. */
function isUser(pod: PodSpec, container: Container): boolean {
  const { runAsUser, runAsNonRoot } = { ...securityOf(pod), ...securityOf(container) };
  return runAsUser === undefined ? runAsNonRoot === true : runAsUser !== 0;
}

function isSameUser(one: StatefulSet, other: StatefulSet): boolean {
  const text = (set: StatefulSet) => {
    const workload = workloadOf(set);
    const node = workload && nodeOf(workload);
    return JSON.stringify([workload && securityOf(workload.pod), securityOf(node)]);
  };
  return text(one) === text(other);
}

/** Whether something that runs before, as root as far as it is known, gives the folder away. */
function isGivenAway(workload: Workload, files: Files): boolean {
  const { initContainers = [] } = workload.pod;
  return initContainers.some(
    (one) => !isUser(workload.pod, one) && GIVES.test(scriptOf(workload, one, files)),
  );
}

function isBound(workload: Workload, node: Container): boolean {
  return mountsOf(workload, node).length > 0;
}

/** The volumes that are made for each pod: what a claim by its name has is not known. */
function mountsOf(workload: Workload, { volumeMounts = [] }: Container) {
  return volumeMounts.filter(({ name }) => claimBehind(workload, name) === null);
}
