import { ActionError } from "@playbook/action";
import type { Digest } from "@playbook/state";
import { type Event, type Release, releaseOf, type Site, type Turn } from "./site.ts";

export type Wanted = {
  release: string;
  manifest: Digest;
  order: number;
  allowOlder: boolean;
};

/**
 * What the log has not been told of: a run that was killed between a write to the store and its
 * entry. Undefined when there is nothing that a run can have left so.
 */
export function untold(site: Site, live: string | undefined, at: number): Event | undefined {
  if (live === undefined || live === site.live) return undefined;
  if (site.turning?.to === live) return { kind: "rolled-back", ...site.turning, at };
  const isOpen = releaseOf(site, live)?.status === "open";
  return isOpen ? { kind: "live", release: live, previous: site.live, at } : undefined;
}

/**
 * Whether a release has to be made, or is live and only to be looked at. Throws `release-changed`,
 * `release-replaced`, `release-older`.
 */
export function stepFor(site: Site, live: string | undefined, wanted: Wanted): "make" | "look" {
  const own = releaseOf(site, wanted.release);
  if (own && own.manifest !== wanted.manifest) throw releaseChanged(own, wanted);
  if (own && live === own.id) return "look";
  if (own?.status === "done") throw replaced(own, live);

  const standing = releaseOf(site, live);
  if (standing && wanted.order < standing.order && !wanted.allowOlder) {
    throw older(wanted, standing);
  }
  return "make";
}

/** The entry that a release begins with; undefined where it goes on. */
export function beginningOf(
  site: Site,
  { release, manifest, order, commit }: Wanted & { commit: string | null },
  at: number,
): Event | undefined {
  if (releaseOf(site, release)?.status === "open") return undefined;
  return { kind: "begun", release, manifest, order, commit, at };
}

type Back = { to: string; by: string | null; finished?: Turn | undefined };

/**
 * The release to go back to. What the same run has begun or done, or another that was killed in it,
 * is not done twice: `previous` means another one then. Throws `no-release-before`,
 * `release-unknown`.
 */
export function targetOf(
  site: Site,
  live: string | undefined,
  { to: wanted, by, finished }: Back,
): Release {
  if (wanted !== "previous") {
    const named = releaseOf(site, wanted);
    if (named?.status === "done") return named;
    throw unknown(site, wanted);
  }
  const { turning, turned } = site;
  const from = releaseOf(site, live);
  const own = [turning, turned].find((turn) => turn && by !== null && turn.by === by);
  const before = releaseOf(site, (finished ?? own)?.to ?? from?.previous);
  if (before?.status === "done") return before;
  throw new ActionError("no-release-before", {
    what: `There is no release before ${live ?? "the first"} to go back to.`,
    why: from?.previous
      ? `Before it ${from.previous} was live, whose files were collected.`
      : "It is the first that was live.",
    next: choice(site, "Release an earlier build again with `allow-older: true`."),
  });
}

function releaseChanged(own: Release, wanted: Wanted): ActionError {
  return new ActionError("release-changed", {
    what: `Release ${own.id} was begun with other files or settings.`,
    why: `It has the manifest ${own.manifest}, and this is ${wanted.manifest}.`,
    next: "Give this build a release name of its own.",
  });
}

function replaced(own: Release, live: string | undefined): ActionError {
  return new ActionError("release-replaced", {
    what: `Release ${own.id} was live already, and ${live ?? "nothing"} is now.`,
    why: "A job that runs again must not undo what came after it.",
    next: `To go back to it, use \`mode: rollback\` with \`rollback-to: ${own.id}\`.`,
  });
}

function older(wanted: Wanted, standing: Release): ActionError {
  return new ActionError("release-older", {
    what: `Release ${wanted.release} is older than ${standing.id}, which is live.`,
    why: `Its commit is of ${time(wanted.order)}, the live one's of ${time(standing.order)}.`,
    next: "Release the newer commit, or set `allow-older: true`.",
  });
}

function unknown(site: Site, wanted: string): ActionError {
  return new ActionError("release-unknown", {
    what: `There is no release ${wanted} to go back to.`,
    why: "It was never live, or its files were collected.",
    next: choice(site, "Release that build again with `allow-older: true`."),
  });
}

function choice({ releases, live }: Site, otherwise: string): string {
  const names = releases.filter(({ status, id }) => status === "done" && id !== live);
  return names.length > 0 ? `There are ${names.map(({ id }) => id).join(", ")}.` : otherwise;
}

function time(order: number): string {
  return new Date(order * 1_000).toISOString().replace(".000", "");
}
