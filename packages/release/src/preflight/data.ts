import { error, type Finding } from "./finding.ts";
import { type Container, containersOf, nameOf, type StatefulSet, type Volume } from "./manifest.ts";

/** Whether the chain's data is on a volume that outlives the pod. */
export function checkDataIsKept(set: StatefulSet, dataPath: string): Finding[] {
  const { spec } = set.spec.template;
  const [main] = spec.containers;
  const mount = (main?.volumeMounts ?? [])
    .filter(({ mountPath }) => isBelow(dataPath, mountPath))
    .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const claimed = (set.spec.volumeClaimTemplates ?? []).some(
    ({ metadata }) => metadata.name === mount?.name,
  );
  const volume = (spec.volumes ?? []).find(({ name }) => name === mount?.name);
  if (claimed || volume?.persistentVolumeClaim) return [];
  return [
    error(
      "data-off-the-volume",
      nameOf(set),
      `Its data_path, ${dataPath}, is ${placeOf(mount?.mountPath, volume)}: it is lost with the pod.`,
      "Mount a claim of volumeClaimTemplates at data_path, or above it.",
    ),
  ];
}

function placeOf(mountPath: string | undefined, volume: Volume | undefined): string {
  if (!mountPath) return "on no volume";
  if (volume?.hostPath) return "a folder of the node that it happens to run on";
  return volume?.emptyDir ? "an emptyDir" : `on ${mountPath}, which no claim is behind`;
}

function isBelow(path: string, folder: string): boolean {
  return `${path}/`.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

const INIT = /\baxon\s+init\b|\binit\s+(?:-c|--config)\b/;
const GUARD = /\bif\b|\btest\b|\[\s|\|\|/;
const WIPE = /\brm\s+-\w*r\w*\b/;

/** How the pod starts: what it makes anew each time, and who hears the signal that ends it. */
export function checkStart(set: StatefulSet): Finding[] {
  const { spec } = set.spec.template;
  return [
    ...containersOf(spec).flatMap((container) => checkInit(set, container)),
    ...checkPid(set),
  ];
}

function checkInit(set: StatefulSet, { name, command = [], args = [] }: Container): Finding[] {
  const line = [...command, ...args].join(" ");
  const at = `${nameOf(set)}, container ${name}`;
  if (INIT.test(line) && WIPE.test(line)) {
    const why = "It removes the chain's data before `axon init`, each time the pod starts.";
    return [error("init-wipes", at, why, "Run `axon init` only where no data is.")];
  }
  if (!INIT.test(line) || GUARD.test(line)) return [];
  const why = "`axon init` fails where data is, so the pod starts once and never again.";
  return [error("init-loop", at, why, "Run it in an init container, only where no data is.")];
}

/** A shell does not pass SIGTERM on: the node is killed at the end of the grace period. */
function checkPid(set: StatefulSet): Finding[] {
  const [main] = set.spec.template.spec.containers;
  const { name = "", command = [], args = [] } = main ?? {};
  const script = [...command, ...args].at(-1) ?? "";
  const shell = /(^|\/)(ba|da)?sh$/.test(command[0] ?? "");
  if (!shell || /\bexec\s+\S*axon\b/.test(script)) return [];
  const why =
    "A shell runs as process 1 and keeps SIGTERM to itself: the node is killed, not ended.";
  const next = "Run `axon run` as the container's command, or `exec axon run` in the script.";
  return [error("shell-is-pid-1", `${nameOf(set)}, container ${name}`, why, next)];
}
