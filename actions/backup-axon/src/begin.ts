import type { Beginning } from "@playbook/backup";
import { epochEndOf, isPast } from "./epoch-end.ts";
import { type Parts, take } from "./take.ts";
import { unfinished } from "./unfinished.ts";

/** How often a node is stopped for one backup, at most. */
const TIMES = 3;

/**
 * A backup whose snapshot is whole: one that a run has left, or a new one. No chain goes on from
 * the last block of an epoch where other validators vote next: a backup that may end with it is
 * thrown away and taken once more past it, or kept with a warning where the chain does not get
 * there.
 */
export async function begin(parts: Parts): Promise<Beginning> {
  const { bucket, source, snapshots, context } = parts;
  let begun = (await unfinished(bucket, snapshots, source.pod, context)) ?? (await take(parts));
  for (let times = 1; ; times += 1) {
    const { id } = begun;
    const end = await epochEndOf(parts, begun);
    if (end === null) return begun;
    context.progress(`Backup ${id} may end with block ${end}, after which other validators vote.`);
    if (times === TIMES || !(await isPast(parts, end))) {
      context.warn(endsEpoch(id, end));
      return begun;
    }
    await snapshots.drop(id);
    context.progress("It is thrown away, and taken once more.");
    begun = await take(parts);
  }
}

function endsEpoch(id: string, end: number): string {
  return (
    `Backup ${id} may end with block ${end}, the last one before other validators vote. A ` +
    "restore refuses a backup that does (`backup-ends-epoch`), and a chain that goes on " +
    "from that block stands still. Back up once more when the chain is past block " +
    `${end + 1}, and keep the backup before it.`
  );
}
