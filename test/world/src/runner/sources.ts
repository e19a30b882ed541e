import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { shell } from "../../../../scripts/tools.ts";
import type { Source } from "./workflow-file.ts";

/** A repository whose actions and workflows can be used by name, such as a release of ours. */
export type Library = {
  /** `owner/name`. */
  repository: string;
  /** A checkout of the commit that the refs stand for. */
  folder: string;
  /** `refs/tags/v1`, `refs/heads/main`. Its commit can always be used. */
  refs: string[];
};

/**
 * What a runner downloads of a library: its commit without what `.gitattributes` leaves out of
 * archives. Workflows are read from the commit itself, so they are there whatever it leaves out.
 */
export async function exportLibrary(library: Library, into: string): Promise<Source[]> {
  const { repository, folder, refs } = library;
  const sha = await commitOf(folder);
  await unpack(folder, "HEAD", into);

  const workflows = ".github/workflows";
  const tracked = await shell("git", ["-C", folder, "ls-tree", "HEAD", `${workflows}/`]);
  if (tracked) await unpack(folder, `HEAD:${workflows}`, join(into, workflows));

  const named = refs.map((ref) => ({ ref, written: basename(ref) }));
  return [...named, { ref: sha, written: sha }].map((name) => {
    return { repository, sha, folder: into, ...name };
  });
}

export async function commitOf(folder: string, ref = "HEAD"): Promise<string> {
  const sha = await shell("git", ["-C", folder, "rev-parse", `${ref}^{commit}`]);
  return sha.trim();
}

async function unpack(folder: string, tree: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const archive = `${into}.tar`;
  await shell("git", ["-C", folder, "archive", "--output", archive, tree]);
  await shell("tar", ["-xf", archive, "-C", into]);
  await shell("rm", [archive]);
}
