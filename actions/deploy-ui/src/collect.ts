import type { Cloud } from "./cloud.ts";
import { onlyIn, unreachable } from "./garbage.ts";
import type { Release } from "./site.ts";

/**
 * Deletes the files of releases that nobody needs any more. It is written down before: no release
 * begins until it is done, so none counts on a file that is about to go. Returns how many went.
 */
export async function collect(cloud: Cloud, keep: number): Promise<number> {
  await cloud.history.record((site, at) => {
    const releases = unreachable(site, keep, at).map(({ id }) => id);
    return releases.length > 0 ? { kind: "collecting", releases, at } : undefined;
  });
  return finishCollecting(cloud);
}

/** Goes on with what this run, or another, has begun to delete. */
export async function finishCollecting({ history, bucket }: Cloud): Promise<number> {
  const { collecting, releases } = history.site;
  if (!collecting) return 0;
  const manifests = (all: Release[]) =>
    Promise.all(all.map(({ manifest }) => history.manifest(manifest)));
  const keys = onlyIn(await manifests(collecting), await manifests(releases));
  await bucket.remove(keys);
  const gone = collecting.map(({ id }) => id);
  await history.record((site, at) =>
    site.collecting ? { kind: "collected", releases: gone, files: keys.length, at } : undefined,
  );
  return keys.length;
}
