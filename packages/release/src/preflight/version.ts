import type { Build } from "@playbook/axon";
import { type Change, isMoving } from "../images.ts";
import { moveOf } from "./builds.ts";
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

/** Nothing is known of what the blocks tell. */
const UNASKED: ReadonlySet<Build> = new Set();

/** What all changes together are: as the worst of them. */
export function fitOf(
  changes: readonly Change[],
  declared: DataFit | null,
  proposed = UNASKED,
): DataFit {
  const fits = changes.map((change) =>
    !declared && moveOf(change, proposed) === "other"
      ? "unknown"
      : dataFitOf(change.from, change.to, declared),
  );
  return WORST.find((fit) => fits.includes(fit)) ?? "compatible";
}

/** Judges all changes of version, given what their data is known or declared to survive. */
export function checkVersions(
  changes: readonly Change[],
  declared: DataFit | null,
  proposed = UNASKED,
): Finding[] {
  const versions = [...new Set(changes.map(({ to }) => to))];
  const moves = changes.filter(({ from, to }) => from !== null && from !== to);
  const judged = moves.length > 0 ? moves : changes.slice(0, 1);
  return [
    ...judged.flatMap(({ from, to }) => checkVersion(from, to, dataFitOf(from, to, declared))),
    ...(declared ? [] : checkBuilds(changes, proposed)),
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
    "The tag is given to one image after another: a validator that is restarted alone, " +
    "as by a drain, may get another version than those beside it, and nobody has " +
    "judged whether its data survives that.";
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

/** Changes of the build, which no tag tells. */
function checkBuilds(changes: readonly Change[], proposed: ReadonlySet<Build>): Finding[] {
  const moves = changes.flatMap(({ names, ...change }) =>
    names
      ? [{ at: `${names.from} → ${names.to}`, move: moveOf({ ...change, names }, proposed) }]
      : [],
  );
  const found = new Map(moves.map((one) => [one.at, one]));
  return [...found.values()].flatMap(({ at, move }) => {
    if (move === "other") return [error("data-unknown", at, OTHER_BUILD, HOW_TO_CHANGE)];
    return move === "unknown" ? [warning("build-unseen", at, UNSEEN, HOW_TO_SAY)] : [];
  });
}

const OTHER_BUILD =
  "It is the other build of Axon, whatever the tags say: el-axon marks its blocks in a way that " +
  "axonweb3/axon refuses, and changes validators by a call that this does not know.";

const HOW_TO_CHANGE =
  "Try it on a restored backup. Then change all at once with upgrade-axon (`upgrade: jump`), or " +
  'give "data" and bear that each leader of el-axon is refused until two thirds run it.';

const UNSEEN =
  "The image comes from elsewhere, and its name does not tell whose build it is: axonweb3/axon " +
  "and tvl-labs/el-axon have the same tags, and one may not go on with the other's data.";

const HOW_TO_SAY = 'See that it is the same build; "data": compatible says so.';

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
