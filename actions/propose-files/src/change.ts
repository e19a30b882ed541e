import { createHash } from "node:crypto";
import { type ProposedFile, parents, refused } from "./file.ts";

/** What a tree has at a path. */
export type Entry = { mode: string; sha: string };

/** What a proposal makes of one path. */
export type Change = Entry & {
  path: string;
  content: Buffer;
  /** What the base branch has there. */
  before: Entry | undefined;
};

const FILE = "100644";
const PROGRAM = "100755";
const FOLDER = "040000";

/**
 * What these files are otherwise than in a tree. A file that is a program there stays one:
 * artifacts do not carry that. Throws `files-refused` where the tree has a link, a folder or a
 * submodule in the way: nobody asked to take those away.
 */
export function changesOf(files: ProposedFile[], tree: Map<string, Entry>): Change[] {
  return files.flatMap(({ path, content, executable }) => {
    const before = tree.get(path);
    const parent = parents(path).find((each) => (tree.get(each)?.mode ?? FOLDER) !== FOLDER);
    if (parent || (before && before.mode !== FILE && before.mode !== PROGRAM)) {
      throw refused(`${JSON.stringify(parent ?? path)} is something else in the repository.`);
    }
    const mode = executable || before?.mode === PROGRAM ? PROGRAM : FILE;
    const sha = blobOf(content);
    if (before?.sha === sha && before.mode === mode) return [];
    return [{ path, content, mode, sha, before }];
  });
}

/** Tells proposals apart: what becomes of which paths. Empty when there is nothing to change. */
export function digestOf(changes: Change[]): string {
  if (changes.length === 0) return "";
  const said = changes.map(({ path, mode, sha, before }) => [path, mode, sha, before ?? null]);
  return createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 40);
}

/** The name that git gives to content. */
function blobOf(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
