import type { StoredFile } from "@playbook/site/listing";
import type { Cloud } from "./cloud.ts";

/** What S3 deletes in one request. */
const AT_ONCE = 1_000;

/** Deletes files. Returns how many. */
export async function removeFiles({ bucket }: Cloud, files: StoredFile[]): Promise<number> {
  for (let from = 0; from < files.length; from += AT_ONCE) {
    await bucket.remove(files.slice(from, from + AT_ONCE).map(({ key }) => key));
  }
  return files.length;
}
