import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A file or folder of this library, by its path in the clone. It is beside the sources, or beside the
 * entry of a release.
 */
export function shipped(path: string): string {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const places = [join(here, "../../..", path), join(here, "..", path)];
  return places.find((place) => existsSync(place)) ?? path;
}
