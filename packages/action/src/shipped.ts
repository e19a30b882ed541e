import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A file or folder that comes with this library, by its path in the clone: beside the entry of the
 * action that runs, in a release, or beside the sources.
 */
export function shipped(path: string): string {
  const [, entry = ""] = process.argv;
  const roots = [join(dirname(entry), "../.."), join(here(), "../../..")];
  return roots.map((root) => join(root, path)).find((place) => existsSync(place)) ?? path;
}

/** A bundler would make an asset of a URL that is written out, and lead astray. */
function here(): string {
  return dirname(fileURLToPath(import.meta.url));
}
