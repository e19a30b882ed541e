import type { Readable } from "node:stream";
import { digestOf } from "@playbook/state";
import { type CacheRule, cacheOf, FOREVER } from "./cache.ts";
import type { Config } from "./config.ts";
import { connectSources } from "./connect-sources.ts";
import { type BuiltFile, LARGE, readAgain, streamAgain } from "./content.ts";
import { contentType } from "./content-type.ts";
import { type Additions, isDocument, withAdditions } from "./html.ts";
import { isPage, type Manifest, type ReleaseFile } from "./manifest.ts";
import { canBeList, digestsOf, hasDigests, withDigests } from "./precache.ts";
import { isSharedPath, type Routes } from "./routes.ts";

/** What is uploaded for a file: all of it, or piece by piece where it is large. */
export type Content = Uint8Array | Readable;

/** A release, and the content of each of its files. Throws `file-changed`. */
export type Made = { manifest: Manifest; contentOf(file: ReleaseFile): Promise<Content> };

type Wanted = {
  folder: string;
  built: BuiltFile[];
  release: string;
  commit: string | null;
  routes: Routes;
  rules: CacheRule[];
  config: Config | undefined;
  /** What its pages may connect to beside the site itself and what the configuration names. */
  connectSources?: readonly string[] | undefined;
  /** Location in S3 of the contracts' manifest, where the configuration has its contracts from. */
  deployments?: string | undefined;
  /** Where releases have no folders of their own: each file lies at its path. */
  isPlain: boolean;
};

type Placed = Omit<ReleaseFile, "digest" | "size">;

/** Makes a release of a build: where each file goes, and what is added to its pages. */
export async function makeRelease(wanted: Wanted): Promise<Made> {
  const { folder, built, release, commit, routes, config, deployments } = wanted;
  const sources = new Map(built.map((file) => [file.path, file]));
  const configPath = config ? `/${config.path}` : null;
  const connect = connectOf(wanted);
  const changed = changesOf(wanted, { release, config: configPath, connect });

  const contentOf = async (file: Placed): Promise<Content> => {
    const source = sources.get(file.path);
    if (!source) return Buffer.from(config?.text ?? "");
    const bytes = changed(file, source);
    if (bytes) return bytes;
    return source.size < LARGE ? readAgain(folder, source) : streamAgain(folder, source);
  };

  const files: ReleaseFile[] = [];
  for (const source of built) {
    const placed = placeOf(source.path, wanted);
    const bytes = changed(placed, source);
    const { size, digest } = bytes ? measure(bytes) : source;
    files.push({ ...placed, size, digest });
  }
  if (config) {
    files.push({ ...placeOf(config.path, wanted), ...measure(Buffer.from(config.text)) });
  }
  const made = { version: 1, release, commit, config: configPath, routes, files } as const;
  const told = { ...(deployments && { deployments }), ...(connect && { connect }) };
  return { manifest: { ...made, ...told }, contentOf };
}

/** At an edge that is not ours nothing is forbidden that nobody has asked to forbid. */
function connectOf({ config, connectSources: given, isPlain }: Wanted): string | undefined {
  return isPlain && !given ? undefined : connectSources(config, given ?? []);
}

/** What a file is in the release, where that is not what it is in the build. */
function changesOf(wanted: Wanted, additions: Additions) {
  const { folder, built } = wanted;
  const pageOf = (source: BuiltFile) => {
    const bytes = readAgain(folder, source);
    return source.path === "index.html" || isDocument(bytes)
      ? withAdditions(bytes, additions)
      : bytes;
  };
  const pages = built.filter(({ path }) => isOwnPage(placeOf(path, wanted)));
  let digests: Map<string, string> | undefined;
  return (file: Placed, source: BuiltFile): Buffer | undefined => {
    if (isOwnPage(file)) return pageOf(source);
    if (file.cache === FOREVER || source.size >= LARGE || !canBeList(file)) return undefined;
    const list = readAgain(folder, source);
    if (!hasDigests(list)) return undefined;
    digests ??= new Map(pages.flatMap((page) => digestsOf(readAgain(folder, page), pageOf(page))));
    return withDigests(list, digests);
  };
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
