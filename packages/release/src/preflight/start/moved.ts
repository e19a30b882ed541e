import { posix } from "node:path";
import { error, type Finding } from "../finding.ts";
import type { StatefulSet } from "../manifest.ts";
import { mountOf } from "../pods/mounts.ts";
import { within } from "../pods/paths.ts";
import { claimBehind, nodeOf, type Workload, workloadOf } from "../pods/workload.ts";

/** A set, and where its nodes are told to keep the chain's data, if that is known. */
export type Home = { set: StatefulSet; dataPath: string | undefined };

type Place = { claim: string; folder: string };

/**
 * Whether nodes that are there find their data again. Elsewhere on their volumes there is none, so
 * each would begin with nothing, and what it has signed before is forgotten.
 */
export function checkMoved(after: Home, before: Home): Finding[] {
  const workload = workloadOf(after.set);
  const [next, last] = [placeOf(after), placeOf(before)];
  if (!workload || !next || !last) return [];
  if (next.claim === last.claim && next.folder === last.folder) return [];
  const why =
    `Its data is ${textOf(last)}, and it is told to look for it ${textOf(next)}: it would begin ` +
    "with none, and know nothing of what it has signed.";
  const goal =
    "Keep claim, subPath and data_path as they are. Where the data is to be elsewhere, a new " +
    "validator syncs there: change-axon-validators takes it in, and then the old one out.";
  return [error("data-moved", workload.at, why, goal)];
}

/** The place on a claim; undefined where it is on none, or not the same for all pods. */
function placeOf({ set, dataPath }: Home): Place | undefined {
  const workload = workloadOf(set);
  const node = workload && nodeOf(workload);
  if (!workload || !node || !dataPath) return undefined;
  const root = node.workingDir ?? (dataPath.startsWith("/") ? "/" : undefined);
  const path = root && posix.resolve(root, dataPath);
  const mount = path ? mountOf(node, path) : undefined;
  if (!path || !mount || mount.subPathExpr !== undefined) return undefined;
  const claim = claimOf(workload, mount.name);
  const folder = posix.join("/", mount.subPath ?? "", within(mount.mountPath, path));
  return claim ? { claim, folder } : undefined;
}

/** A claim that a set makes is called after its template and its pod, also while it has no pod. */
function claimOf(workload: Workload, volume: string): string | undefined {
  const named = claimBehind(workload, volume);
  return named === null ? `${volume}-${workload.name}-0` : named;
}

function textOf({ claim, folder }: Place): string {
  return `at ${folder} of claim ${claim}`;
}
