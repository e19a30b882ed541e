import { type Change, isMoving } from "../images.ts";
import { error, type Finding, warning } from "./finding.ts";

/** Whether a node of one version can go on with the data of another, and back again. */
export type DataFit = "compatible" | "forward-only" | "unknown";

/**
 * What is known of a change of version from the tags alone. Axon changes the format of its data, if
 * at all, from one minor version to the next, as the versions before 1.0 are counted.
 */
export function dataFitOf(from: string | null, to: string, declared: DataFit | null): DataFit {
  if (declared) return declared;
  if (from === null || from === to) return "compatible";
  const [old, next] = [seriesOf(from), seriesOf(to)];
  return old && next && old === next ? "compatible" : "unknown";
}

/** `0.3` of `v0.3.1-beta.2`; null for a tag that is no version. */
function seriesOf(tag: string): string | null {
  return /^v?(\d+\.\d+)\.\d+/.exec(tag)?.[1] ?? null;
}

const WORST: readonly DataFit[] = ["unknown", "forward-only", "compatible"];

/** What all changes together are: as the worst of them. */
export function fitOf(changes: readonly Change[], declared: DataFit | null): DataFit {
  const fits = changes.map(({ from, to }) => dataFitOf(from, to, declared));
  return WORST.find((fit) => fits.includes(fit)) ?? "compatible";
}

/** Judges all changes of version, given what their data is known or declared to survive. */
export function checkVersions(changes: readonly Change[], declared: DataFit | null): Finding[] {
  const versions = [...new Set(changes.map(({ to }) => to))];
  const moves = changes.filter(({ from, to }) => from !== null && from !== to);
  const judged = moves.length > 0 ? moves : changes.slice(0, 1);
  return [
    ...judged.flatMap(({ from, to }) => checkVersion(from, to, dataFitOf(from, to, declared))),
    ...changes.filter(isDowngrade).map(downgrade),
    ...(versions.length > 1 ? [mixed(versions)] : []),
    ...versions.filter((tag) => isMoving(tag) || isSeries(tag)).map(moving),
  ];
}

/** Whether a tag names all versions that begin so, as `v0.3` does. */
function isSeries(tag: string): boolean {
  return /^v?\d{1,3}(?:\.\d{1,4})?$/.test(tag);
}

function moving(tag: string): Finding {
  const why =
    "The tag is given to one image after another: a validator that is restarted alone, as by a drain, may " +
    "get another version than those beside it, and nobody has judged whether its data survives that.";
  const next = "Name a version, or the image's digest: `image: {digest: sha256:…}` in our chart.";
  return warning("version-moves", tag, why, next);
}

function mixed(versions: readonly string[]): Finding {
  const why = "The validators' sets are rendered with different versions of Axon.";
  const next = "Give all of them one image, unless it is a trial that you watch.";
  return warning("versions-mixed", versions.join(", "), why, next);
}

function isDowngrade({ from, to }: Change): boolean {
  const [old, next] = [numbersOf(from ?? ""), numbersOf(to)];
  if (!old || !next) return false;
  const at = old.findIndex((number, index) => number !== next[index]);
  return at >= 0 && (old[at] ?? 0) > (next[at] ?? 0);
}

function numbersOf(tag: string): number[] | null {
  const numbers = /^v?(\d+)\.(\d+)\.(\d+)/.exec(tag)?.slice(1);
  return numbers?.map(Number) ?? null;
}

function downgrade({ from, to }: Change): Finding {
  const why = "It is an older version than the one that runs.";
  const next = "See that it is meant; what was mended since comes back.";
  return warning("version-downgrade", `${from} → ${to}`, why, next);
}

/** Judges the change of version, given what its data is known or declared to survive. */
function checkVersion(from: string | null, to: string, fit: DataFit): Finding[] {
  const at = `${from} → ${to}`;
  if (fit === "unknown") {
    const why = "Whether the new version can read the data of the old one is not known.";
    const next =
      'Try it on a restored backup, then say so with "data": compatible or forward-only.';
    return [error("data-unknown", at, why, next)];
  }
  if (fit === "compatible") return [];
  const why = "The old version cannot read what the new one has written: there is no way back.";
  return [warning("data-forward-only", at, why, "Take a backup first; volumes are snapshotted.")];
}
