import { conflicting } from "@playbook/site/bucket";
import { isPage, type Manifest, type ReleaseFile } from "@playbook/site/manifest";
import { isSharedPath } from "@playbook/site/routes";
import type { Digest } from "@playbook/state";

/**
 * What is in the bucket for certain, by keys: the files of releases that were live, the live one's
 * last. `doubtful` are releases that were begun where each writes over the other's files.
 */
export function stored(manifests: Manifest[], doubtful: Manifest[] = []): Map<string, Digest> {
  const files = manifests.flatMap((manifest) => manifest.files);
  const known = new Map(files.map(({ key, digest }) => [key, digest]));
  for (const { key, digest } of doubtful.flatMap((manifest) => manifest.files)) {
    if (known.get(key) !== digest) known.delete(key);
  }
  return known;
}

/**
 * The files of a release that are not in the bucket yet, pages last. Throws `file-conflict` where a
 * shared name stands for other bytes there.
 */
export function uploadsOf({ files, routes }: Manifest, known: Map<string, Digest>): ReleaseFile[] {
  const missing = files.filter(({ key, digest }) => known.get(key) !== digest);
  const conflict = missing.find(({ path, key }) => known.has(key) && isSharedPath(path, routes));
  if (conflict) throw conflicting(conflict.path);
  return missing.toSorted((one, other) => Number(isPage(one)) - Number(isPage(other)));
}
