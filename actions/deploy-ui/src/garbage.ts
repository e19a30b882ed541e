import type { Manifest } from "@playbook/site/manifest";
import { type Release, releaseOf, type Site } from "./site.ts";

/** Pages that are still open go on asking for their release's files. */
const TABS_MS = 24 * 3_600_000;

/** So long a release that is begun may well be made: nothing is deleted beside it. */
const MAKING_MS = 24 * 3_600_000;

/**
 * The releases whose files nobody needs: neither the last `keep` that were live, nor what is live
 * and what was before it, nor one that somebody may still have open. None while any is being made.
 * One that was begun long ago keeps its own files, as it may still be finished, and no others'.
 */
export function unreachable(site: Site, keep: number, now: number): Release[] {
  if (site.collecting || site.releases.some((one) => isBeingMade(one, now))) return [];
  const done = site.releases.filter(({ status }) => status === "done");
  const live = releaseOf(site, site.live);
  const last = done.slice(-Math.max(1, keep)).map(({ id }) => id);
  const kept = new Set([live?.id, live?.previous, site.turning?.to, ...last]);
  return site.releases.filter(
    ({ id, status, until, begun }) =>
      status !== "open" && !kept.has(id) && (until ?? begun) <= now - TABS_MS,
  );
}

function isBeingMade({ status, begun }: Release, now: number): boolean {
  return status === "open" && begun > now - MAKING_MS;
}

/** The keys that only these manifests name. */
export function onlyIn(gone: Manifest[], kept: Manifest[]): string[] {
  const needed = new Set(kept.flatMap(({ files }) => files.map(({ key }) => key)));
  const keys = gone.flatMap(({ files }) => files.map(({ key }) => key));
  return [...new Set(keys)].filter((key) => !needed.has(key)).sort();
}
