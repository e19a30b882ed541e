import type { Context } from "@playbook/action";
import type { Bucket } from "@playbook/backup";

type Locking = Pick<Bucket, "rule"> & { store: Pick<Bucket["store"], "location"> };

/** Warns where S3 itself keeps no backup. Throws what looking at the bucket does. */
export async function seeLock(bucket: Locking, context: Context): Promise<void> {
  const lack = lackIn(await bucket.rule());
  if (lack === null) return;
  context.warn(
    `The bucket of ${bucket.store.location} ${lack}: whoever may delete in it can delete every ` +
      "backup there is. Give it object lock with a default retention, as the bucket of this " +
      "action's template.yml has them.",
  );
}

/** What a bucket lacks to lock what is new in it; `ms` is for how long it does. */
export function lackIn(rule: { ms: number } | null): string | null {
  if (!rule) return "has no object lock";
  return rule.ms > 0 ? null : "has object lock, but no default retention";
}
