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

/** Judges the change of version, given what its data is known or declared to survive. */
export function checkVersion(from: string | null, to: string, fit: DataFit): Finding[] {
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
