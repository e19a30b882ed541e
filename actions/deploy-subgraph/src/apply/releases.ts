import { ownName } from "@playbook/subgraph";

/** A release of a subgraph: its name, its build, and its place among the others. */
export type Release = {
  release: string;
  /**
   * When its commit was made, in seconds since the epoch: the newer release is the one that serves.
   */
  order: number;
  /** IPFS hash of its build. */
  deployment: string;
};

/**
 * What a run is about to do on the node, written down before; of a removal, after. A promotion is
 * `settled` when nothing that was sent for it can come any more.
 */
export type Entry = Release & {
  event: "staged" | "promoted" | "settled" | "removed";
  /** Of a promotion, like no other. */
  id?: string | undefined;
  /** Told to take the place of a newer one. */
  rollback?: boolean | undefined;
};

/** The release that is to serve: the newest that was promoted, or what was put back on purpose. */
export function leaderOf(entries: Entry[]): Entry | undefined {
  let leader: Entry | undefined;
  for (const entry of entries.filter(({ event }) => event === "promoted")) {
    if (!leader || entry.rollback || entry.order >= leader.order) leader = entry;
  }
  return leader;
}

/**
 * The release that keeps another from serving: a newer one, or one that took its place. Undefined
 * when none does, or when the other was told to take its place.
 */
export function supersederOf(
  { release, order }: Release,
  entries: Entry[],
  rollback: boolean,
): Entry | undefined {
  const leader = leaderOf(entries);
  if (!leader || leader.release === release || rollback) return undefined;
  const served = entries.some((one) => one.event === "promoted" && one.release === release);
  return leader.order > order || served ? leader : undefined;
}

/** The promotions of other builds that were written before one, and may still be on their way. */
export function unsettledBefore({ id, deployment }: Entry, entries: Entry[]): Entry[] {
  const settled = new Set(
    entries.filter(({ event }) => event === "settled").map((entry) => entry.id),
  );
  const own = entries.findIndex((entry) => entry.id === id);
  return entries
    .slice(0, own)
    .filter((entry) => entry.event === "promoted" && entry.deployment !== deployment)
    .filter((entry) => entry.id !== undefined && !settled.has(entry.id));
}

/**
 * The releases whose own names are of no use any more: those that served before the last `keep`,
 * and those that never did and are older than the one that serves.
 */
export function outdated(entries: Entry[], own: Release, name: string, keep: number): Release[] {
  const leader = leaderOf(entries);
  const served = entries.filter(({ event }) => event === "promoted").map((one) => one.release);
  const recent = [...new Set([leader?.release ?? own.release, ...served.toReversed()])];
  const isKept = ({ release, order }: Release) =>
    release === own.release ||
    recent.slice(0, keep).includes(release) ||
    (!served.includes(release) && order > (leader?.order ?? 0));

  const [kept, old] = [standing(entries).filter(isKept), standing(entries).filter(isNot(isKept))];
  // Two releases can share a name of their own: `v1.2` and `v1-2`.
  const names = new Set(kept.map(({ release }) => ownName(name, release)));
  return old.filter(({ release }) => !names.has(ownName(name, release)));
}

/** The releases that have names of their own, each as it was staged last. */
function standing(entries: Entry[]): Entry[] {
  const last = new Map(
    entries
      .filter(({ event }) => event === "staged" || event === "removed")
      .map((entry) => [entry.release, entry] as const),
  );
  return [...last.values()].filter(({ event }) => event === "staged");
}

function isNot<Item>(is: (item: Item) => boolean): (item: Item) => boolean {
  return (item) => !is(item);
}
