import { posix } from "node:path";
import type { Container } from "./manifest.ts";
import { mountOf } from "./mounts.ts";
import { isBelow, within } from "./paths.ts";
import type { Guard } from "./shell.ts";
import { claimBehind, keptFolders, nodeOf, type Workload } from "./workload.ts";

/** What Axon keeps in its data_path. */
export const STATE = /^(?:rocksdb|txs_wal|consensus_wal|axon\.ver)$/;

/** A container of a pod, and where its node keeps the chain's data, if that is known. */
export type Place = { workload: Workload; container: Container; dataPath: string | undefined };

const OF_FILE = /^(!\s+)?(?:\[\[?|test)\s+(!\s+)?-[defrswx]\s+(\S+)(?:\s+\]\]?)?$/;
const OF_LIST =
  /^(!\s+)?(?:\[\[?|test)\s+(!\s+)?(?:-([nz])\s+)?(\$\((?:ls|find)\s.*\))(?:\s+\]\]?)?$/;

const SUCCESS = /^(!\s+)?(?:ls|stat|find)\s(?:.*\sgrep\s)?(?:.*\s)?([^\s-]\S*)$/;

/** Whether it leads on only where data is: a file of Axon's own, or anything where the claims are. */
export function isInverted({ text, holds }: Guard, place: Place): boolean {
  const [, outer, inner, path = ""] = OF_FILE.exec(text) ?? [];
  const isNegated = (outer !== undefined) !== (inner !== undefined);
  if (holds === !isNegated && path.split("/").some((part) => STATE.test(part))) return true;
  const [whole, turned, last = ""] = SUCCESS.exec(text) ?? [];
  const isTold = whole !== undefined && !/\sgrep\s+-\w*v/.test(whole);
  if (isTold && last.split("/").some((part) => STATE.test(part))) {
    return holds === (turned === undefined);
  }
  const [list, out, not, option, told = ""] = OF_LIST.exec(text) ?? [];
  if (list === undefined || /\bwc\b|-c\b/.test(told)) return false;
  const signs = [out, not, option === "z" || undefined].filter((sign) => sign !== undefined);
  return holds === (signs.length % 2 === 0) && kindOf(told, place) === "kept";
}

/** Whether it leads on only where a folder is not that a volume is mounted at: it always is. */
export function isNever({ text, holds }: Guard, { container }: Place): boolean {
  const [, outer, inner, path = ""] = OF_FILE.exec(text) ?? [];
  const isNegated = (outer !== undefined) !== (inner !== undefined);
  if (holds !== isNegated || !path.startsWith("/")) return false;
  return (container.volumeMounts ?? []).some(({ mountPath }) => isBelow(mountPath, path));
}

const OF_COUNT =
  /^(!\s+)?(?:\[\[?|test)\s+(!\s+)?(\$\((?:ls|find)\s.*\bwc\s+-l\s*\))\s+(-\w\w|!=|==?)\s+([01])(?:\s+\]\]?)?$/;
const NONE = /^(?:-eq 0|==? 0|-le 0|-lt 1)$/;

/** What a folder has to list nothing of for this to lead on; undefined where it asks for something else. */
function emptyFolderIn({ text, holds }: Guard): string | undefined {
  const [count, outer, inner, counted, operator, number] = OF_COUNT.exec(text) ?? [];
  const [list, out, not, option, told] = OF_LIST.exec(text) ?? [];
  if ((count ?? list) === undefined || holds === undefined) return undefined;
  const isOfNone = count ? NONE.test(`${operator} ${number}`) : option === "z";
  const turns = (count ? [outer, inner] : [out, not]).filter((turn) => turn !== undefined);
  const leadsOnEmpty = holds === (isOfNone === (turns.length % 2 === 0));
  return leadsOnEmpty ? /\s(\/[^\s|;)]*)/.exec(counted ?? told ?? "")?.[1] : undefined;
}

/**
 * Whether it leads on only where a volume has nothing in it at all: a fresh one of ext4, as most disks of
 * clouds are, has `lost+found`.
 */
export function isNeverEmpty(guard: Guard, { workload, container }: Place): boolean {
  const folder = emptyFolderIn(guard);
  return (container.volumeMounts ?? []).some(
    ({ name, mountPath, subPath, subPathExpr }) =>
      folder !== undefined &&
      posix.relative(mountPath, folder) === "" &&
      (subPath ?? subPathExpr) === undefined &&
      claimBehind(workload, name) !== undefined,
  );
}

const MARKER = /init|done|mark|flag|boot|provision|setup|first/i;

/** A file beside Axon's own that is asked for; undefined where it may be something else. */
export function markerIn({ text }: Guard, place: Place): string | undefined {
  const path = OF_FILE.exec(text)?.[3] ?? "";
  if (!path.startsWith("/") || path.includes("$") || place.dataPath === undefined) return undefined;
  const isOwn = path.split("/").some((part) => STATE.test(part));
  const isAbove = isBelow(posix.resolve("/", place.dataPath), path);
  return !isOwn && !isAbove && MARKER.test(posix.basename(path)) ? path : undefined;
}

/** Where a container finds the chain's data: what its claims have, if nobody says more. */
export function dataFolders({ workload, container, dataPath }: Place): string[] {
  const node = nodeOf(workload);
  const home = node && dataPath?.startsWith("/") ? mountOf(node, dataPath) : undefined;
  if (!home || !dataPath) return keptFolders(workload, container);
  const path = within(home.mountPath, dataPath);
  return (container.volumeMounts ?? [])
    .filter(({ name, subPath }) => name === home.name && subPath === home.subPath)
    .map(({ mountPath }) => posix.join(mountPath, path));
}

/** Whether what is asked before a command outlives the pod, which makes it a question of data. */
export function guardOf(guards: readonly Guard[], place: Place) {
  const kinds = guards.map(({ text }) => kindOf(text, place));
  const order = ["kept", "unknown", "elsewhere", "lost"] as const;
  return order.find((kind) => kinds.includes(kind)) ?? "none";
}

const OF_FILES = /(?:^|\s)-[abcdefghLrswx]\s|\b(?:ls|find|stat|du)\b/;
const PROGRAMS = /^\/(?:bin|usr|sbin|dev|proc|opt\/[\w-]+\/bin)\b/;

/** What some other program tells is a name that is not known, whatever it is told. */
const TOLD = /\$\((?!\s*(?:ls|find|stat|du)\b)[^()]*\)/g;

function kindOf(written: string, place: Place): "kept" | "lost" | "elsewhere" | "unknown" {
  const guard = written.replace(TOLD, "$TOLD");
  const folders = keptFolders(place.workload, place.container);
  const paths = [...guard.matchAll(/(?:^|[\s"'=(!])(\/[^\s"'();|&]*)/g)]
    .map(([, path = ""]) => path)
    .filter((path) => !PROGRAMS.test(path));
  const kept = paths.filter((path) => folders.some((folder) => isBelow(path, folder)));
  if (kept.length > 0) {
    return kept.every((path) => isAstray(path, place)) ? "elsewhere" : "kept";
  }
  if (!OF_FILES.test(guard)) return "unknown";
  // A name that is not known, or a folder that no claim of this container says anything of.
  return paths.length === 0 || folders.length === 0 ? "kept" : "lost";
}

/** Whether it is called as one of Axon's own files, and is none: the chain's data is elsewhere. */
function isAstray(path: string, place: Place): boolean {
  if (path.includes("$") || !place.dataPath?.startsWith("/")) return false;
  const parts = path.split("/");
  const at = parts.findIndex((part) => STATE.test(part));
  if (at < 0) return false;
  const home = posix.normalize(parts.slice(0, at).join("/") || "/");
  return !dataFolders(place).some((folder) =>
    isHomeKnown(place) ? posix.relative(folder, home) === "" : isBelow(path, folder),
  );
}

/** Whether the node has a volume at its data_path, so that the folder itself is known. */
function isHomeKnown({ workload, dataPath = "" }: Place): boolean {
  const node = nodeOf(workload);
  return node !== undefined && mountOf(node, dataPath) !== undefined;
}
