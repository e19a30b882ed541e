import { type Context, type Report, table } from "@playbook/action";
import { Bucket, newestWhole } from "@playbook/backup";
import { seeLock } from "./lock.ts";
import { type Inputs, prepare } from "./prepare.ts";
import { fates } from "./prune.ts";
import { fateTable } from "./summary.ts";
import { checkVotes } from "./votes.ts";

/** What a backup would stop, and what would be deleted after it; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  const { kube, source, backups } = await prepare(inputs, context);
  source.checkSingle();
  await checkVotes(kube, source, inputs, context);
  const bucket = Bucket.toRead(backups);
  await seeLock(bucket, context);
  const all = await fates(bucket, inputs, context);
  const newest = newestWhole(await bucket.catalogue());
  const vote = source.validator === undefined ? "it has no vote" : "**it is a validator**";
  const rows = [
    ["node", `${source.pod}, ${vote}`],
    ["volume", source.claim],
    ["bucket", bucket.store.location],
    [
      "newest backup",
      newest ? `${newest.id}, block ${newest.manifest.block.height}` : "there is none",
    ],
  ];
  const deleted = all.filter(({ does }) => does === "delete").map(({ id }) => id);
  const summary = [
    `## Backup of ${inputs.release}`,
    table(["", ""], rows),
    source.stopped ? "A run that ended has left the node stopped: `apply` starts it first." : "",
    all.length > 0 ? fateTable(all) : "",
  ];
  return {
    outputs: { newest: newest?.id ?? "", deletes: deleted },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
  };
}
