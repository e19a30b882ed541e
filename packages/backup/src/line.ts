import { type Backup, newestWhole } from "./catalogue.ts";

/**
 * The backups of the chain that lives on: the newest whole one, those before it whose blocks it
 * has, and those that go on from it, as far as manifests tell. What an old node of a chain that was
 * left behind by a restore is backed up to since is none of them.
 */
export function livingLine(catalogue: readonly Backup[]): ReadonlySet<string> {
  const newest = newestWhole(catalogue);
  if (!newest) return new Set();
  return new Set([...before(newest.id, catalogue), ...after(newest.id, catalogue)]);
}

/** With it. Each names some of those before it: the rest by those that these name. */
function before(id: string, catalogue: readonly Backup[]): Set<string> {
  const named = new Map(catalogue.map((backup) => [backup.id, ancestorsOf(backup)]));
  const found = new Set([id]);
  for (const one of found) for (const ancestor of named.get(one) ?? []) found.add(ancestor);
  return found;
}

function after(id: string, catalogue: readonly Backup[]): Set<string> {
  const found = new Set([id]);
  for (const backup of catalogue) {
    if (ancestorsOf(backup).some((ancestor) => found.has(ancestor))) found.add(backup.id);
  }
  return found;
}

/** A damaged one still tells what it went on from. */
function ancestorsOf(backup: Backup): readonly string[] {
  return backup.state === "unfinished" ? [] : (backup.manifest?.ancestors ?? []);
}
