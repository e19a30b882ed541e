import { digestOf } from "@playbook/state";
import { type CacheRule, cacheOf, FOREVER } from "./cache.ts";
import type { Config } from "./config.ts";
import { contentType } from "./content-type.ts";
import { type BuiltFile, readAgain } from "./folder.ts";
import { withAdditions } from "./html.ts";
import { isPage, type Manifest, type ReleaseFile } from "./manifest.ts";
import { isSharedPath, type Routes } from "./routes.ts";

/** A release, and the bytes of each of its files. */
export type Made = { manifest: Manifest; bytesOf(file: ReleaseFile): Promise<Uint8Array> };

type Wanted = {
  folder: string;
  built: BuiltFile[];
  release: string;
  commit: string | null;
  routes: Routes;
  rules: CacheRule[];
  config: Config | undefined;
  /** Where releases have no folders of their own: each file lies at its path. */
  isPlain: boolean;
};

type Placed = Omit<ReleaseFile, "digest" | "size">;

/** Makes a release of a build: where each file goes, and what is added to its pages. */
export async function makeRelease(wanted: Wanted): Promise<Made> {
  const { folder, built, release, commit, routes, config } = wanted;
  const sources = new Map(built.map((file) => [file.path, file]));
  const configPath = config ? `/${config.path}` : null;

  const bytesOf = async (file: Placed) => {
    const source = sources.get(file.path);
    if (!source) return Buffer.from(config?.text ?? "");
    const bytes = await readAgain(folder, source);
    return isOwnPage(file) ? withAdditions(bytes, { release, config: configPath }) : bytes;
  };

  const files: ReleaseFile[] = [];
  for (const source of built) {
    const placed = placeOf(source.path, wanted);
    const { size, digest } = isOwnPage(placed) ? measure(await bytesOf(placed)) : source;
    files.push({ ...placed, size, digest });
  }
  if (config) {
    files.push({ ...placeOf(config.path, wanted), ...measure(Buffer.from(config.text)) });
  }
  return { manifest: { version: 1, release, commit, config: configPath, routes, files }, bytesOf };
}

function placeOf(path: string, { release, routes, rules, isPlain }: Wanted): Placed {
  const type = contentType(path);
  if (isSharedPath(path, routes)) return { path, key: path, type, cache: FOREVER };
  const key = isPlain ? path : `releases/${release}/${path}`;
  return { path, key, type, cache: cacheOf(path, type, rules) };
}

/** A shared page says nothing of a release: it is many releases'. */
function isOwnPage(file: Placed): boolean {
  return isPage(file) && file.cache !== FOREVER;
}

function measure(bytes: Uint8Array) {
  return { size: bytes.length, digest: digestOf(bytes) };
}
