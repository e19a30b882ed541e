import { posix } from "node:path";
import type { Container } from "../manifest.ts";
import { mountOf } from "../pods/mounts.ts";
import { isBelow, within } from "../pods/paths.ts";
import { claimBehind, keptFolders, nodeOf, type Workload } from "../pods/workload.ts";
import { isOfSome, questionIn, untold } from "../shell/questions.ts";
import type { Guard } from "../shell/shell.ts";

/** What Axon keeps in its data_path. */
export const STATE = /^(?:rocksdb|txs_wal|consensus_wal|axon\.ver)$/;

/** A container of a pod, and where its node keeps the chain's data, if that is known. */
export type Place = { workload: Workload; container: Container; dataPath: string | undefined };

/** Of several by which it is gone on, each has to be so. */
function isEach(guard: Guard, is: (one: Guard) => boolean): boolean {
  return guard.any ? guard.any.every((all) => all.some((one) => isEach(one, is))) : is(guard);
}

/**
 * Whether it leads on only where data is: a file of Axon's own, or anything where the claims are.
 */
export function isInverted(guard: Guard, place: Place): boolean {
  return isEach(guard, (one) => {
    const { of, what, isThere } = questionIn(one) ?? {};
    if (!isThere || what === undefined) return false;
    if (of !== "list") return isOwn(what);
    const isOthers = isOfSome(what) && !/\bgrep\s+-\w*v/.test(what) && !OWN.test(what);
    return !isOthers && kindOf(what, place) === "kept";
  });
}

const OWN = /\b(?:rocksdb|txs_wal|consensus_wal|axon\.ver)\b/;

function isOwn(path: string): boolean {
  return path.split("/").some((part) => STATE.test(part));
}

/** Whether it leads on only where a folder is not that a volume is mounted at: it always is. */
export function isNever(guard: Guard, { container }: Place): boolean {
  return isEach(guard, (one) => {
    const { of, what = "", isThere } = questionIn(one) ?? {};
    return of === "file" && isThere === false && isMounted(what, container);
  });
}

function isMounted(path: string, { volumeMounts = [] }: Container): boolean {
  return path.startsWith("/") && volumeMounts.some(({ mountPath }) => isBelow(mountPath, path));
}

const NAMED = /^(?:\[\[?|test)\s+-([nz])\s+\/[^\s$`]*(?:\s+\]\]?)?$/;
const MOUNTPOINT = /^(!\s+)?mountpoint\s+(?:-\w+\s+)*(\/\S*)$/;

/**
 * Whether it leads on wherever data may be: a name that is not empty, a folder that a volume is
 * mounted at, or that the data is in.
 */
function isAlways({ text, holds, any }: Guard, place: Place): boolean {
  if (any) return any.some((all) => all.every((one) => isAlways(one, place)));
  const option = NAMED.exec(text)?.[1];
  if (option) return holds === (option === "n");
  const [mountpoint, not, folder = ""] = MOUNTPOINT.exec(text) ?? [];
  if (mountpoint) return holds === (not === undefined) && isMounted(folder, place.container);
  const { of, what = "", isThere } = questionIn({ text, holds }) ?? {};
  if (of === "list" || !isThere) return false;
  return isMounted(what, place.container) || (of === "file" && isOver(what, place));
}

/** Whether it is the folder of the chain's data, or one on the volume that this is in. */
function isOver(path: string, place: Place): boolean {
  const { workload, container, dataPath } = place;
  if (!dataPath || !path.startsWith("/")) return false;
  const isKept = keptFolders(workload, container).some((folder) => isBelow(path, folder));
  return isKept && dataFolders(place).some((folder) => isBelow(folder, path));
}

/**
 * Whether it leads on only where a volume has nothing in it at all: a fresh one of ext4, as most
 * disks of clouds are, has `lost+found`.
 */
export function isNeverEmpty(guard: Guard, { workload, container }: Place): boolean {
  return isEach(guard, (one) => {
    const { what = "", isEmpty = false } = questionIn(one) ?? {};
    const folder = /\s(\/[^\s|;)]*)/.exec(what)?.[1];
    return (container.volumeMounts ?? []).some(
      ({ name, mountPath, subPath, subPathExpr }) =>
        isEmpty &&
        folder !== undefined &&
        posix.relative(mountPath, folder) === "" &&
        (subPath ?? subPathExpr) === undefined &&
        claimBehind(workload, name) !== undefined,
    );
  });
}

const MARKER = /init|done|mark|flag|boot|provision|setup|first/i;

/** A file beside Axon's own that is asked for; undefined where it may be something else. */
export function markerIn(guard: Guard, place: Place): string | undefined {
  const { of, what: path = "" } = (guard.any ? undefined : questionIn(guard)) ?? {};
  if (of !== "file" || !path.startsWith("/") || path.includes("$")) return undefined;
  if (place.dataPath === undefined) return undefined;
  const isAbove = isBelow(posix.resolve("/", place.dataPath), path);
  return !isOwn(path) && !isAbove && MARKER.test(posix.basename(path)) ? path : undefined;
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

type Kind = "kept" | "unknown" | "elsewhere" | "lost";

const ORDER = ["kept", "unknown", "elsewhere", "lost"] as const;

/** Whether what is asked before a command outlives the pod, which makes it a question of data. */
export function guardOf(
  guards: readonly Guard[],
  place: Place,
  isEnough: (guard: Guard) => boolean = () => true,
): Kind | "none" {
  const asked = guards
    .filter((one) => !isAlways(one, place))
    .map((one) => ({ ...one, kind: kindOfAll(one, place, isEnough) }));
  // Where one question leads on by itself, the other one that may is none.
  const isOpen = asked.some(
    ({ kind, holds, text }) =>
      kind !== "kept" && holds === undefined && /^(?:!|\[|test)/.test(text),
  );
  const kinds = asked.map(({ kind, holds }) =>
    isOpen && holds === undefined && kind === "kept" ? "unknown" : kind,
  );
  return ORDER.find((kind) => kinds.includes(kind)) ?? "none";
}

function kindOfAll(guard: Guard, place: Place, isEnough: (guard: Guard) => boolean): Kind {
  if (!guard.any) {
    const kind = kindOf(guard.text, place);
    return kind === "kept" && !isEnough(guard) ? "unknown" : kind;
  }
  const kinds = guard.any.map((all) =>
    guardOf(
      all.filter((one) => !isInverted(one, place)),
      place,
      isEnough,
    ),
  );
  return kinds.every((kind) => kind === "kept") ? "kept" : "unknown";
}

/**
 * Whether it asks whether something is there, and not what is in it: a file that is there may be
 * one that somebody has put there for this.
 */
export function isOfPresence(guard: Guard): boolean {
  const { of, isThere } = questionIn(guard) ?? {};
  if (of === undefined) return /^mkdir\s/.test(guard.text);
  return of !== "list" || !isThere;
}

const OF_FILES = /(?:^|\s)-[abcdefghLrswx]\s|\b(?:ls|find|stat|du)\b/;
const PROGRAMS = /^\/(?:bin|usr|sbin|dev|proc|opt\/[\w-]+\/bin)\b/;

function kindOf(written: string, place: Place): Kind {
  const guard = untold(written);
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
