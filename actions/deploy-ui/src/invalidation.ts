import type { Manifest } from "@playbook/site/manifest";
import { addressOf } from "@playbook/site/routes";

/** CloudFront's limits for what is under way at once. */
const PATHS = 3_000;
const WILDCARDS = 15;

/**
 * The addresses under which the edge may still hold another content, of the releases that were
 * there or were begun: a page is also what its folder's address shows. Over CloudFront's limits
 * whole folders, or all there is.
 */
export function stalePaths(made: Manifest, before: Manifest[]): string[] {
  const now = new Map(made.files.map(({ path, digest }) => [path, digest]));
  const others = before.flatMap(({ files }) => files);
  const changed = others.filter(({ path, digest }) => now.has(path) && now.get(path) !== digest);
  return within(changed.flatMap(({ path }) => namesOf(path)));
}

/** `docs/index.html` is asked for as `/docs/` and `/docs` too. */
function namesOf(path: string): string[] {
  const address = addressOf(path);
  const folder = /^(.*\/)index\.html$/.exec(address)?.[1];
  if (folder === undefined) return [address];
  return folder === "/" ? [address, folder] : [address, folder, folder.slice(0, -1)];
}

/** The same addresses within the limits: by the folders at the top, or by one wildcard for all. */
export function within(paths: string[]): string[] {
  const sorted = [...new Set(paths)].sort();
  if (sorted.length <= PATHS) return sorted;
  const folders = new Set(sorted.map((path) => /^\/[^/]+\//.exec(path)?.[0]));
  folders.delete(undefined);
  const alone = sorted.filter((path) => !/^\/[^/]+\//.test(path));
  const wildcards = [...folders].map((folder) => `${folder}*`);
  const fits = wildcards.length <= WILDCARDS && alone.length + wildcards.length <= PATHS;
  return fits ? [...alone, ...wildcards] : ["/*"];
}
