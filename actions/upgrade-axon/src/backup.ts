import { ActionError, type Context } from "@playbook/action";
import {
  Bucket,
  blockIn,
  bucketIn,
  type Manifest,
  newestWhole,
  sessionFor,
} from "@playbook/backup";
import type { Prepared } from "@playbook/release";
import { statements } from "./access.ts";
import type { Inputs } from "./run.ts";

/**
 * Sees a whole backup of this very chain that is young enough, or the reason why there is none.
 * Throws `no-backup`, `backup-old`, `backup-of-another-chain`, and what reading the bucket does.
 */
export async function seeBackup(
  { observer, scene }: Prepared,
  inputs: Inputs,
  context: Context,
): Promise<void> {
  const { backup, backupAge, noBackupBecause } = inputs;
  if (noBackupBecause) {
    context.warn(`There is no backup: ${noBackupBecause}`);
    return;
  }
  if (!backup) throw missing("backup", "An upgrade that goes wrong can need one.");
  const manifest = await newestIn(backup, inputs, context);
  if (!manifest) throw noBackup(backup);
  const age = ageOf(manifest, context.clock.now());
  judgeBackup(manifest, { age, limit: backupAge, genesis: await genesisOf(observer, scene) });
  const { id, block } = manifest;
  context.progress(`Backup ${id}, up to block ${block.height}, is ${hours(age)} old.`);
}

/** How old what is in a backup is at least, in milliseconds: copying it away can take hours. */
export function ageOf({ begunAt }: Pick<Manifest, "begunAt">, now: number): number {
  return now - Date.parse(begunAt);
}

/** null where there is no chain yet. */
async function genesisOf(observer: Prepared["observer"], scene: Prepared["scene"]) {
  if (scene.sets.length === 0) return null;
  await observer.meet(scene);
  return blockIn(await observer.ask("eth_getBlockByNumber", ["0x0", false])).hash;
}

/** Throws `backup-old` and `backup-of-another-chain`. Times in milliseconds. */
export function judgeBackup(
  manifest: Pick<Manifest, "id" | "chain">,
  { age, limit, genesis }: { age: number; limit: number; genesis: string | null },
): void {
  if (age > limit) throw old(manifest, age, limit);
  if (genesis !== null && genesis !== manifest.chain.genesisHash) throw another(manifest, genesis);
}

/** The one that is named, or the newest of a chain's. */
async function newestIn(
  backup: string,
  inputs: Inputs,
  context: Context,
): Promise<Manifest | undefined> {
  const { region, role } = inputs;
  if (!region) throw missing("region", "The backups are in a bucket of a region.");
  const { bucket, prefix } = bucketIn(backup);
  const named = { cluster: inputs.cluster, bucket, prefix };
  const session = await sessionFor({ region, role }, statements, named, context);
  const catalogue = await Bucket.toRead({ session, bucket, prefix, context }).catalogue();
  return newestWhole(catalogue)?.manifest;
}

function missing(name: string, why: string): ActionError {
  return new ActionError("bad-input", {
    what: `"${name}" is missing.`,
    why,
    next: 'Give it; or say in "no-backup-because" why there is to be no backup.',
  });
}

function noBackup(place: string): ActionError {
  return new ActionError("no-backup", {
    what: `There is no whole backup in ${place}.`,
    why: "One that did not finish, or that has lost a part, does not count.",
    next: "Run backup-axon first.",
  });
}

function old({ id }: Pick<Manifest, "id">, age: number, limit: number): ActionError {
  return new ActionError("backup-old", {
    what: `The newest whole backup, ${id}, is ${hours(age)} old.`,
    why: `What was made since would be lost with it; it may be ${hours(limit)} old.`,
    next: 'Run backup-axon first, or allow more with "backup-age".',
  });
}

function another({ id, chain }: Pick<Manifest, "id" | "chain">, genesis: string): ActionError {
  return new ActionError("backup-of-another-chain", {
    what: `Backup ${id} is of another chain.`,
    why: `Its genesis block is ${chain.genesisHash}, and this chain's is ${genesis}.`,
    next: "Name this chain's own backups.",
  });
}

function hours(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
