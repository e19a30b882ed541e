import { posix } from "node:path";
import { error, type Finding, warning } from "../finding.ts";
import {
  type Container,
  type Mount,
  nameOf,
  type PodSpec,
  type StatefulSet,
  type Volume,
} from "../manifest.ts";
import { diskOf } from "../pods/disks.ts";
import { Files, mountOf } from "../pods/mounts.ts";
import { isFilledIn } from "../pods/node-config.ts";
import { isBelow, within } from "../pods/paths.ts";
import { ownWords, startOf } from "../pods/script.ts";
import { claimBehind, keptFolders, nodeOf, type Workload, workloadOf } from "../pods/workload.ts";
import { STATE } from "./guards.ts";

/**
 * Whether the chain's data is on a volume that outlives the pod, as far as it is known where it is.
 */
export function checkDataIsKept(
  set: StatefulSet,
  dataPath: string | undefined,
  files: Files = new Files([]),
): Finding[] {
  const workload = workloadOf(set);
  const node = workload && nodeOf(workload);
  if (!workload || !node) return [];
  const kept = keptFolders(workload, node);
  if (dataPath === undefined) {
    if (kept.length === 0) return [lost(workload, "Its data is on no claim, wherever it is")];
    return kept.flatMap((folder) => checkInside(workload, node, folder));
  }
  const folder = node.workingDir ?? (dataPath.startsWith("/") ? "/" : undefined);
  if (folder !== undefined) return checkPlace(workload, node, posix.resolve(folder, dataPath));
  return checkSomewhere(workload, dataPath, {
    kept,
    isElsewhere: isOfImage(workload, node, files),
  });
}

/** Whether a set's claims go when the set goes, or when it is scaled to nothing for a while. */
export function checkRetention(set: StatefulSet): Finding[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (whenDeleted !== "Delete" && whenScaled !== "Delete") return [];
  const when =
    whenScaled === "Delete" ? "it is scaled to zero, as a restore does" : "it is deleted";
  const why = `Kubernetes deletes the claims of this set, with the chain's data, when ${when}.`;
  const next = "Leave persistentVolumeClaimRetentionPolicy out, or set both to Retain.";
  return [warning("claims-deleted", nameOf(set), why, next)];
}

function checkPlace(workload: Workload, node: Container, dataPath: string): Finding[] {
  const mount = mountOf(node, dataPath);
  const inside = checkInside(workload, node, dataPath);
  const volume = volumeOf(workload, mount);
  const disk = diskOf(volume);
  if (disk) return [ofDisk(workload, dataPath, disk), ...inside];
  if (mount && claimBehind(workload, mount.name) !== undefined) return inside;
  if (volume?.hostPath && isPinned(workload.pod)) return [ofNode(workload, dataPath), ...inside];
  const where = placeOf(mount?.mountPath, volume);
  return [lost(workload, `Its data_path, ${dataPath}, is ${where}`, volume), ...inside];
}

/** A volume over a part of the data hides what the claim has there. */
function checkInside(workload: Workload, node: Container, dataPath: string): Finding[] {
  return (node.volumeMounts ?? [])
    .filter(({ name, mountPath }) => {
      const [first = ""] = isBelow(mountPath, dataPath)
        ? within(dataPath, mountPath).split("/")
        : [];
      return STATE.test(first) && claimBehind(workload, name) === undefined;
    })
    .map((mount) => {
      const volume = volumeOf(workload, mount);
      const where = placeOf(mount.mountPath, volume);
      return lost(workload, `What it keeps at ${mount.mountPath} is ${where}`, volume);
    });
}

function volumeOf({ pod }: Workload, mount: Mount | undefined): Volume | undefined {
  return (pod.volumes ?? []).find(({ name }) => name === mount?.name);
}

/** A path from a working directory that is the image's: some claim has to end as it does. */
function checkSomewhere(
  workload: Workload,
  dataPath: string,
  { kept, isElsewhere }: { kept: readonly string[]; isElsewhere: boolean },
): Finding[] {
  const parts = posix.normalize(dataPath).split("/");
  const above = parts.map((_, at) => parts.slice(0, at + 1).join("/"));
  if (kept.some((folder) => above.some((end) => folder.endsWith(`/${end}`)))) return [];
  if (kept.length > 0 && isFilledIn(dataPath)) return [unread(workload, dataPath, kept)];
  const what = `Its data_path, ${dataPath}, is a path from the image's working directory`;
  if (kept.length === 0 || isElsewhere) {
    return [lost(workload, `${what}, where no claim is`)];
  }
  const where = kept.join(" or ");
  const why = `${what}; whether that is on ${where} is not known: elsewhere it is lost with the pod.`;
  return [warning("data-off-the-volume", workload.at, why, "Write the path from the root, /.")];
}

function unread({ at }: Workload, dataPath: string, kept: readonly string[]): Finding {
  const why =
    `What stands in the place of its data_path, ${dataPath}, is written before the node starts; ` +
    `whether that is on ${kept.join(" or ")} is not known: elsewhere it is lost with the pod.`;
  return warning("data-off-the-volume", at, why, "Write the path itself, from the root, /.");
}

/** Whether the node is started by a path that only the image can have: no claim is over it. */
function isOfImage(workload: Workload, node: Container, files: Files): boolean {
  const words = startOf(workload, node, files).steps.map((step) => ownWords(step.words));
  const isMoved = words.some(([name]) => name === "cd");
  return !isMoved && words.some(([name = ""]) => /^\.\/\S*axon/.test(name));
}

const HOSTNAME = "kubernetes.io/hostname";

/** Whether a pod can be on one node alone. */
function isPinned({ nodeName, nodeSelector, affinity }: PodSpec): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const [term, other] = required?.nodeSelectorTerms ?? [];
  const isOne = (term?.matchExpressions ?? []).some(
    ({ key, operator, values }) =>
      key === HOSTNAME && operator === "In" && values?.length === 1 && other === undefined,
  );
  return nodeName !== undefined || nodeSelector?.[HOSTNAME] !== undefined || isOne;
}

function ofNode({ at }: Workload, dataPath: string): Finding {
  const why =
    `Its data_path, ${dataPath}, is a folder of the one node that it may run on: it is lost with ` +
    "that node, is in no snapshot, and nothing keeps two pods from it.";
  const next =
    "Make it a local PersistentVolume with a claim, or live with " +
    "it: other validators have the chain.";
  return warning("data-off-the-volume", at, why, next);
}

function ofDisk({ at }: Workload, dataPath: string, disk: string): Finding {
  const why =
    `Its data_path, ${dataPath}, is on ${disk}, which no claim is behind: it is in no snapshot ` +
    "that a rollout or a backup takes, and no claim keeps another pod from it.";
  const next =
    "Make it a PersistentVolume with a claim, or live with it: other validators have the chain.";
  return warning("data-off-the-volume", at, why, next);
}

function lost({ at }: Workload, what: string, volume?: Volume): Finding {
  const end = volume?.hostPath ? "on another one it begins with none" : "it is lost with the pod";
  const why = `${what}: ${end}.`;
  const next = "Mount a claim of volumeClaimTemplates at data_path, or above it.";
  return error("data-off-the-volume", at, why, next);
}

function placeOf(mountPath: string | undefined, volume: Volume | undefined): string {
  if (!mountPath) return "on no volume";
  if (volume?.hostPath) return "a folder of the node that it happens to run on";
  if (volume?.ephemeral) return "on an ephemeral claim, which Kubernetes deletes with the pod";
  return volume?.emptyDir ? "an emptyDir" : `on ${mountPath}, which no claim is behind`;
}
