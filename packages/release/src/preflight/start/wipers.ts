import { posix } from "node:path";
import { podNameOf } from "@playbook/rollout";
import { error, type Finding, warning } from "../finding.ts";
import { containersOf, type Manifest, type StatefulSet } from "../manifest.ts";
import { type Files, mountOf } from "../pods/mounts.ts";
import { within } from "../pods/paths.ts";
import { claimBehind, nodeOf, type Workload, workloadOf } from "../pods/workload.ts";
import { claimsOf } from "../room/volumes.ts";
import { initsBy, wipesBy } from "./start.ts";

/** A claim that a validator has its data on, and where in it that is. */
type Home = { claim: string; folder: string; set: string };

type Seen = { files: Files; dataPathOf(set: StatefulSet): string | undefined };

/** What runs beside the validators, and takes the data away that is on a claim, or begins it. */
export function checkWipers(
  manifests: readonly Manifest[],
  sets: readonly StatefulSet[],
  { files, dataPathOf }: Seen,
): Finding[] {
  const homes = sets.flatMap((set) => homesOf(set, dataPathOf(set)));
  const names = new Set(sets.map(({ metadata }) => metadata.name));
  return manifests.filter(isRun).flatMap((object) => {
    const workload = workloadOf(object);
    const isOwn = object.kind === "StatefulSet" && names.has(object.metadata.name);
    return workload && !isOwn ? checkWorkload(workload, homes, files) : [];
  });
}

/** Hooks of an uninstall or a test are not run by an upgrade. */
function isRun({ metadata }: Manifest): boolean {
  const hook = metadata.annotations?.["helm.sh/hook"];
  return hook === undefined || /install|upgrade|rollback/.test(hook);
}

function homesOf(set: StatefulSet, dataPath: string | undefined): Home[] {
  const workload = workloadOf(set);
  const node = workload && nodeOf(workload);
  if (!workload || !node) return [];
  const path = dataPath && posix.resolve(node.workingDir ?? "/", dataPath);
  const mount = path ? mountOf(node, path) : undefined;
  const folder = mount && path ? within(mount.mountPath, path) : "";
  const isOnClaim = mount && claimBehind(workload, mount.name) !== undefined;
  const named = isOnClaim ? [mount.name] : [...workload.templates];
  return Array.from({ length: set.spec.replicas ?? 1 }, (_, at) => podNameOf(set, at)).flatMap(
    (pod) =>
      claimsOf(pod, set)
        .filter((claim) =>
          named.some((name) => claim === (claimBehind(workload, name) ?? `${name}-${pod}`)),
        )
        .map((claim) => ({
          ...{ claim, set: workload.at },
          folder: posix.join("/", mount?.subPath ?? "", folder),
        })),
  );
}

function checkWorkload(workload: Workload, homes: readonly Home[], files: Files): Finding[] {
  const places = homes.flatMap((home) =>
    foldersOf(workload, home).map((folder) => ({ home, folder })),
  );
  const wipes = places.flatMap(({ home, folder }) =>
    wipesBy(workload, folder, files).map(({ guards, isSure }) => ({
      ...{ home, isSure: isSure && guards.length === 0 },
    })),
  );
  const inits = places.flatMap(({ home, folder }) =>
    initsBy(workload, folder, files).map((isSure) => ({ home, isSure })),
  );
  const [wipe] = wipes.toSorted(surestFirst);
  const [init] = isOfUpgrade(workload) ? inits.toSorted(surestFirst) : [];
  return wipe ? [wiped(workload, wipe)] : init ? [begun(workload, init)] : [];
}

/** Where a pod has the chain's data that is at such a home. */
function foldersOf({ pod }: Workload, home: Home): string[] {
  const volume = pod.volumes?.find(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === home.claim,
  );
  const mounts = containersOf(pod).flatMap(({ volumeMounts = [] }) =>
    volumeMounts.filter(({ name }) => name === volume?.name),
  );
  return mounts.map(({ mountPath, subPath = "" }) =>
    posix.join(mountPath, within(posix.join("/", subPath), home.folder)),
  );
}

/** Whether Helm waits for it while it upgrades, or goes back. */
function isOfUpgrade({ annotations }: Workload): boolean {
  return /upgrade|rollback/.test(annotations["helm.sh/hook"] ?? "");
}

type Found = { home: Home; isSure: boolean };

function surestFirst(a: Found, b: Found): number {
  return Number(b.isSure) - Number(a.isSure);
}

function wiped(workload: Workload, { home: { claim, set }, isSure }: Found): Finding {
  const why =
    `It mounts claim ${claim}, where ${set} has the chain's data, and ` +
    `${isSure ? "takes that" : "may take that"} away when it runs.`;
  const next =
    "Remove nothing there. A validator that has to begin anew is another one: " +
    "change-axon-validators takes it in, and then the old one out.";
  return (isSure ? error : warning)("data-wiped", workload.at, why, next);
}

function begun(workload: Workload, { home: { claim, set }, isSure }: Found): Finding {
  const why =
    `It ${isSure ? "runs" : "may run"} \`axon init\` on claim ${claim} at each upgrade, where ` +
    `${set} has the chain's data: that fails, and Helm's upgrade with it.`;
  const next =
    "Ask before for what Axon keeps in its data_path, as for `rocksdb`, or run it in an init " +
    "container of the set.";
  return (isSure ? error : warning)("init-loop", workload.at, why, next);
}
