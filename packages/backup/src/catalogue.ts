import type { Manifest, Part } from "./manifest.ts";
import { isId, placeOf, timeOf } from "./place.ts";

/** An object of the bucket, its key below the prefix of the backups. */
export type Stored = { key: string; size: number };

/** A manifest as it was read, or what is wrong with it. */
export type Told = Manifest | { flaw: string };

/**
 * A backup by what is stored of it. `whole` is the only one that can be restored; `unfinished` has
 * no manifest, and never counts; `damaged` has one that what is stored does not fulfil.
 */
export type Backup = { id: string; begunAt: number; keys: string[] } & (
  | { state: "whole"; manifest: Manifest }
  | { state: "unfinished" }
  | { state: "damaged"; why: string; manifest: Manifest | null }
);

/** All backups of a listing, the oldest first. */
export function catalogueOf(stored: readonly Stored[], told: ReadonlyMap<string, Told>): Backup[] {
  const byId = Map.groupBy(stored, ({ key }) => key.split("/")[0] ?? "");
  return [...byId]
    .filter(([id]) => isId(id))
    .map(([id, objects]) => backupOf(id, objects, told.get(id)))
    .sort((a, b) => a.begunAt - b.begunAt || (a.id < b.id ? -1 : 1));
}

function backupOf(id: string, objects: readonly Stored[], told: Told | undefined): Backup {
  const keys = objects.map(({ key }) => key);
  const known = { id, begunAt: timeOf(id), keys };
  if (!keys.includes(placeOf(id).manifest)) return { ...known, state: "unfinished" };
  if (!told) return { ...known, state: "damaged", why: "Its manifest is gone.", manifest: null };
  if ("flaw" in told) return { ...known, state: "damaged", why: told.flaw, manifest: null };
  const why = lackOf(id, told, objects);
  if (why) return { ...known, state: "damaged", why, manifest: told };
  return { ...known, state: "whole", manifest: told };
}

/** What of a manifest is not stored; null when all of it is. */
function lackOf(id: string, manifest: Manifest, objects: readonly Stored[]): string | null {
  if (manifest.id !== id) return `Its manifest is that of ${manifest.id}.`;
  return lacksIn(id, manifest.parts, objects)[0] ?? null;
}

/** What is wrong with each part of a backup that is not stored as it is to be. */
export function lacksIn(id: string, parts: readonly Part[], objects: readonly Stored[]): string[] {
  const sizes = new Map(objects.map(({ key, size }) => [key, size]));
  return parts.flatMap(({ key, size }) => {
    const found = sizes.get(`${id}/${key}`);
    if (found === undefined) return `${key} is gone.`;
    return found === size ? [] : `${key} has ${found} bytes and not ${size}.`;
  });
}

export type Whole = Extract<Backup, { state: "whole" }>;

export function isWhole(backup: Backup): backup is Whole {
  return backup.state === "whole";
}

/**
 * The backup to restore from when nobody names one: that of the latest block by its own time, then
 * the latest. Heights tell nothing: a chain that was left behind by a restore may have got higher.
 */
export function newestWhole(catalogue: readonly Backup[]): Whole | undefined {
  return catalogue
    .filter(isWhole)
    .reduce<Whole | undefined>(
      (best, each) => (best && isAhead(best, each) ? best : each),
      undefined,
    );
}

function isAhead(one: Whole, other: Whole): boolean {
  return one.manifest.block.timestamp > other.manifest.block.timestamp;
}
