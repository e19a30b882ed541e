import { createHash } from "node:crypto";

/** As lists have them: MD5 with workbox, SHA-1 with Angular. */
const KINDS = ["md5", "sha1"];
const DIGEST = /\b([0-9a-f]{40}|[0-9a-f]{32})\b/g;

/**
 * Whether a file can be a service worker's list of files with their digests. With the digest of a
 * page as it was built, Angular's worker refuses the page, and workbox's keeps an old one for ever
 * when nothing but what a release adds to it is new.
 */
export function canBeList({ path, type }: { path: string; type: string }): boolean {
  return type.startsWith("text/javascript") || /(^|\/)ngsw\.json$/.test(path);
}

/** Digests of a page as it was built, and of the same as it is served. */
export function digestsOf(built: Uint8Array, served: Uint8Array): [string, string][] {
  const of = (kind: string, bytes: Uint8Array) => createHash(kind).update(bytes).digest("hex");
  return KINDS.map((kind) => [of(kind, built), of(kind, served)]);
}

export function hasDigests(list: Uint8Array): boolean {
  return Buffer.from(list).toString("latin1").search(DIGEST) >= 0;
}

/** A list that names the pages as they are served. */
export function withDigests(list: Uint8Array, digests: Map<string, string>): Buffer {
  const text = Buffer.from(list).toString("latin1");
  return Buffer.from(
    text.replace(DIGEST, (digest) => digests.get(digest) ?? digest),
    "latin1",
  );
}
