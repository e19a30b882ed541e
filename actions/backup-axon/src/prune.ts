import type { Context } from "@playbook/action";
import {
  type Bucket,
  type Fate,
  fatesOf,
  isInQuestion,
  type Lock,
  placeOf,
} from "@playbook/backup";
import type { Inputs } from "./prepare.ts";
import { policyOf } from "./prepare.ts";
import { backupOf, type Snapshots } from "./snapshot.ts";

/** What becomes of each backup in the bucket; nothing has been done yet. */
export async function fates(bucket: Bucket, inputs: Inputs, { clock }: Context): Promise<Fate[]> {
  const catalogue = await bucket.catalogue();
  const policy = policyOf(inputs);
  const locks = new Map<string, Lock>();
  for (const backup of catalogue) {
    const [key] = backup.keys;
    if (!isInQuestion(backup, catalogue, policy) || key === undefined) continue;
    const place = placeOf(backup.id).manifest;
    locks.set(backup.id, await bucket.lockOf(backup.keys.includes(place) ? place : key));
  }
  return fatesOf(catalogue, policy, locks, clock.now());
}

/**
 * Deletes what no rule keeps. A run that ends in the middle has left no half backup that counts.
 */
export async function prune(bucket: Bucket, inputs: Inputs, context: Context): Promise<Fate[]> {
  const all = await fates(bucket, inputs, context);
  for (const { id, keys } of all.filter(({ does }) => does === "delete")) {
    context.progress(`Backup ${id} is deleted.`);
    for (const key of keys) await bucket.remove(key);
  }
  return all;
}

/** Snapshots are the quick way back: of the whole ones the newest stay, of others none. */
export async function pruneSnapshots(
  snapshots: Snapshots,
  keep: number,
  whole: ReadonlySet<string>,
) {
  const all = await snapshots.all();
  const good = all.filter((each) => whole.has(backupOf(each)));
  const kept = new Set(keep > 0 ? good.slice(-keep).map(backupOf) : []);
  for (const snapshot of all.filter((each) => !kept.has(backupOf(each)))) {
    await snapshots.remove(snapshot);
  }
}
