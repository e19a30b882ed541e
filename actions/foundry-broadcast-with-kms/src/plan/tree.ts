import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Folders whose contents nobody edits: packages, and git's own. */
export const FOREIGN = ["node_modules", ".git"];

/**
 * The files below a folder, as paths relative to it, in order. Links are not followed. `skip` takes
 * folders by their relative path, at whatever depth; the foreign ones are always left out.
 */
export async function filesBelow(folder: string, skip: string[] = []): Promise<string[]> {
  const found: string[] = [];
  const left = [""];
  for (let inner = left.pop(); inner !== undefined; inner = left.pop()) {
    for (const entry of await readdir(join(folder, inner), { withFileTypes: true })) {
      const path = join(inner, entry.name);
      if (FOREIGN.includes(entry.name) || skip.includes(path)) continue;
      if (entry.isDirectory()) left.push(path);
      else if (entry.isFile()) found.push(path);
    }
  }
  return found.sort();
}
