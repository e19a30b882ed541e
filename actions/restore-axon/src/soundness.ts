import { ActionError, type Context } from "@playbook/action";
import type { Bucket, Manifest, Part } from "@playbook/backup";
import type { Prepared } from "./prepare.ts";

/** How many parts are asked for at a time. */
const AT_ONCE = 16;

/** What is done about parts of which S3 has no SHA-256, as of copies: reading all takes long. */
export type Thoroughness = { unknown: "read" | "warn" };

/**
 * That the parts of what is restored, and of what validators begin with, are what was backed up, as
 * S3 says: otherwise that is known only once the old chain is shut. Throws `backup-rotten`.
 */
export async function checkParts(
  { bucket, backup, base }: Pick<Prepared, "bucket" | "backup" | "base">,
  thoroughness: Thoroughness,
  context: Context,
): Promise<void> {
  const bases = base ? [{ manifest: base.manifest, input: "base" }] : [];
  for (const { manifest, input } of [{ manifest: backup.manifest, input: "backup" }, ...bases]) {
    const unknown = await unknownIn(bucket, manifest, input);
    if (unknown.length === 0) continue;
    if (thoroughness.unknown === "warn") context.warn(unread(manifest, unknown.length));
    else await readAll(bucket, manifest, { parts: unknown, input });
  }
}

/** The parts of which S3 has no digest. */
async function unknownIn(bucket: Bucket, { id, parts }: Manifest, input: string): Promise<Part[]> {
  const unknown: Part[] = [];
  for (let at = 0; at < parts.length; at += AT_ONCE) {
    const some = parts.slice(at, at + AT_ONCE);
    const sums = await Promise.all(some.map(({ key }) => bucket.digestOf(`${id}/${key}`)));
    for (const [number, part] of some.entries()) {
      const sum = sums[number] ?? null;
      if (sum === null) unknown.push(part);
      else if (sum !== part.sha256) throw rotten(id, part, input);
    }
  }
  return unknown;
}

async function readAll(
  bucket: Bucket,
  { id }: Manifest,
  { parts, input }: { parts: readonly Part[]; input: string },
): Promise<void> {
  for (const part of parts) {
    const sum = await bucket.readDigest(`${id}/${part.key}`);
    if (sum !== part.sha256) throw rotten(id, part, input);
  }
}

function unread({ id, parts }: Manifest, unknown: number): string {
  return (
    `Of ${unknown} of the ${parts.length} parts of backup ${id} S3 has no SHA-256: somebody has ` +
    "copied or written them. Whether they are what was backed up is seen when they are read."
  );
}

function rotten(id: string, { key }: Part, input: string): ActionError {
  return new ActionError("backup-rotten", {
    what: `${key} of backup ${id} is not what was backed up.`,
    why: "It has another SHA-256 than the manifest says: somebody has written it anew since.",
    next:
      `Name another one with \`${input}\`, or bring that object's first version back, which the ` +
      "bucket keeps if it has versions.",
  });
}
