import { readFile } from "node:fs/promises";
import { join, posix, resolve, sep } from "node:path";
import { ActionError } from "@playbook/action";
import { CORE_SCHEMA, dump, load } from "js-yaml";
import { cidOf } from "./cid.ts";

/** A file as IPFS gets it, with the hash that it has to have there. */
export type Upload = { path: string; bytes: Uint8Array; hash: string };

/** The manifest of a build, where graph-cli puts it. */
export const MANIFEST = "subgraph.yaml";

/**
 * What graph-cli uploads of a build's folder: the files that the manifest names, each once, and
 * last the manifest with their hashes in their places. Its hash is the deployment's. Throws
 * `build-refused` for what is no build.
 */
export async function uploadsOf(folder: string): Promise<Upload[]> {
  const manifest = manifestOf(await contentOf(folder, MANIFEST).then(String));
  if (sizeOf(manifest) > MOST) throw refused("Its manifest says more than any manifest does.");
  const uploads = new Map<string, Upload>();
  for (const path of filesIn(manifest)) {
    if (uploads.has(path)) continue;
    const bytes = await contentOf(folder, path);
    uploads.set(path, { path, bytes, hash: cidOf(bytes) });
  }
  const linked = withHashes(manifest, (path) => uploads.get(path)?.hash ?? "");
  const bytes = Buffer.from(dump(linked, { noRefs: true, sortKeys: true }));
  return [...uploads.values(), { path: MANIFEST, bytes, hash: cidOf(bytes) }];
}

/** Reads a manifest of graph-cli's, to which a day is a text as any other. */
export function manifestOf(text: string): unknown {
  return load(text, { schema: CORE_SCHEMA });
}

/** The hash by which a node knows the subgraph. */
export function deploymentOf(uploads: Upload[]): string {
  return (uploads.at(-1) as Upload).hash;
}

async function contentOf(folder: string, path: string): Promise<Buffer> {
  if (!resolve(folder, path).startsWith(resolve(folder) + sep)) {
    throw refused(`Its manifest names ${JSON.stringify(path)}, which lies outside of it.`);
  }
  return readFile(join(folder, path)).catch(() => {
    throw refused(`It has no file ${posix.normalize(path)}.`);
  });
}

/** Nodes of a manifest. A few lines of YAML that repeat themselves could come to billions. */
const MOST = 100_000;

/** How many nodes it has, as far as it matters. */
function sizeOf(manifest: unknown): number {
  const open = [manifest];
  let size = 0;
  while (open.length > 0 && size <= MOST) {
    const value = open.pop();
    size += 1;
    if (value !== null && typeof value === "object") open.push(...Object.values(value));
  }
  return size;
}

/** The values of each `file`, wherever the manifest has one. */
function filesIn(value: unknown): string[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "file" && typeof inner === "string" ? [inner] : filesIn(inner),
  );
}

function withHashes(value: unknown, hashOf: (path: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => withHashes(item, hashOf));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    key === "file" && typeof inner === "string"
      ? { "/": `/ipfs/${hashOf(inner)}` }
      : withHashes(inner, hashOf),
  ]);
  return Object.fromEntries(entries);
}

function refused(why: string): ActionError {
  return new ActionError("build-refused", {
    what: "The folder of the build is none of graph-cli's.",
    why,
    next: "Give the folder or artifact that `mode: build` wrote, and the digest that it put out.",
  });
}
