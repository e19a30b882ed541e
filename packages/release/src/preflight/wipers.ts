import { posix } from "node:path";
import { podNameOf } from "@playbook/rollout";
import { error, type Finding, warning } from "./finding.ts";
import { containersOf, type Manifest, type StatefulSet } from "./manifest.ts";
import { type Files, mountOf } from "./mounts.ts";
import { within } from "./paths.ts";
import { wipesBy } from "./start.ts";
import { claimsOf } from "./volumes.ts";
import { claimBehind, nodeOf, type Workload, workloadOf } from "./workload.ts";

/** A claim that a validator has its data on, and where in it that is. */
type Home = { claim: string; folder: string; set: string };

type Seen = { files: Files; dataPathOf(set: StatefulSet): string | undefined };

/** What runs beside the validators, has one's claim, and takes the data away that is on it. */
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
  const found = homes.flatMap((home) => {
    const volume = workload.pod.volumes?.find(
      ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === home.claim,
    );
    const mounts = containersOf(workload.pod).flatMap(({ volumeMounts = [] }) =>
      volumeMounts.filter(({ name }) => name === volume?.name),
    );
    return mounts.flatMap(({ mountPath, subPath = "" }) => {
      const folder = posix.join(mountPath, within(posix.join("/", subPath), home.folder));
      const wipes = wipesBy(workload, folder, files);
      return wipes.map(({ guards, isSure }) => ({ home, isSure: isSure && guards.length === 0 }));
    });
  });
  const [first] = found.toSorted((a, b) => Number(b.isSure) - Number(a.isSure));
  if (!first) return [];
  const { claim, set } = first.home;
  const why =
    `It mounts claim ${claim}, where ${set} has the chain's data, and ` +
    `${first.isSure ? "takes that" : "may take that"} away when it runs.`;
  const next =
    "Remove nothing there. A validator that has to begin anew is another one: change-axon-validators " +
    "takes it in, and then the old one out.";
  return [(first.isSure ? error : warning)("data-wiped", workload.at, why, next)];
}
