import type { Context } from "@playbook/action";
import {
  type Beginning,
  type Bucket,
  canBeFinished,
  placeOf,
  readBeginning,
} from "@playbook/backup";
import { backupOf, downOf, isGoing, type Snapshots } from "./snapshot.ts";

/**
 * A backup whose snapshot is whole and whose manifest is missing: only the copying is left. One
 * that is too old is none: a new one is taken, with the blocks made since.
 */
export async function unfinished(
  bucket: Pick<Bucket, "catalogue" | "store">,
  snapshots: Pick<Snapshots, "all">,
  pod: string,
  { clock, progress }: Context,
): Promise<Beginning | null> {
  const left = (await bucket.catalogue()).filter((each) => canBeFinished(each, clock.now()));
  const known = new Set(left.map(({ id }) => id));
  const taken = (await snapshots.all()).filter((each) => downOf(each) !== null && !isGoing(each));
  const id = taken.map(backupOf).findLast((each) => known.has(each));
  if (id === undefined) return null;
  const place = placeOf(id).begun;
  const text = await bucket.store.read(place);
  if (!text) return null;
  const begun = readBeginning(text, `${bucket.store.location}/${place}`);
  if (begun.source.pod !== pod) return null;
  progress(`Backup ${id} was begun and not finished: it is gone on with.`);
  return begun;
}
