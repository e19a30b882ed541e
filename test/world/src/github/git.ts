import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { nextId } from "./state.ts";

/** One entry of a tree, as GitHub names its parts. No `sha` takes the path away. */
export type TreeEntry = { path: string; mode: string; type: string; sha: string | null };

export type GitCommit = {
  sha: string;
  tree: string;
  parents: string[];
  message: string;
  author: { name: string; email: string; date: string };
  committer: { name: string; email: string; date: string };
};

/** Whose commits those of a job's token are. */
const BOT = {
  ...{ GIT_AUTHOR_NAME: "github-actions[bot]", GIT_COMMITTER_NAME: "GitHub" },
  GIT_AUTHOR_EMAIL: "41898282+github-actions[bot]@users.noreply.github.com",
  GIT_COMMITTER_EMAIL: "noreply@github.com",
};

/** The commit that a ref or anything else stands for; undefined when there is none. */
export async function commitAt(folder: string, name: string): Promise<string | undefined> {
  const found = await git(folder, ["rev-parse", "--verify", "--quiet", `${name}^{commit}`]).catch(
    () => undefined,
  );
  return found?.trim();
}

export async function readCommit(folder: string, sha: string): Promise<GitCommit> {
  const format = ["%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");
  const shown = await git(folder, ["show", "--no-patch", `--format=${format}`, sha]);
  const [tree = "", parents = "", ...rest] = shown.split("\0");
  const [name = "", email = "", date = "", by = "", from = "", on = "", message = ""] = rest;
  return {
    ...{ sha, tree, parents: parents.split(" ").filter(Boolean), message: message.trimEnd() },
    ...{ author: { name, email, date }, committer: { name: by, email: from, date: on } },
  };
}

export async function writeCommit(
  folder: string,
  { tree, parents, message }: Pick<GitCommit, "tree" | "parents" | "message">,
): Promise<string> {
  const of = parents.flatMap((parent) => ["-p", parent]);
  return (await git(folder, ["commit-tree", tree, ...of, "-F", "-"], message, BOT)).trim();
}

/** What a tree has, below it too if that is asked for; undefined when there is no such tree. */
export async function readTree(
  folder: string,
  { sha, recursive }: { sha: string; recursive: boolean },
): Promise<TreeEntry[] | undefined> {
  const deep = recursive ? ["-r", "-t"] : [];
  const listed = await git(folder, ["ls-tree", "-z", ...deep, sha]).catch(() => undefined);
  return listed
    ?.split("\0")
    .filter(Boolean)
    .map((line) => {
      const [, mode = "", type = "", sha = "", path = ""] =
        /^(\S+) (\S+) (\S+)\t(.*)$/s.exec(line) ?? [];
      return { path, mode, type, sha };
    });
}

/** These entries over those of another tree. */
export async function writeTree(
  folder: string,
  { base, entries }: { base: string | undefined; entries: TreeEntry[] },
): Promise<string> {
  const index = join(folder, `.git/index-of-world-${nextId()}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git(folder, base ? ["read-tree", base] : ["read-tree", "--empty"], "", env);
    const lines = entries.map(({ mode, sha, path }) =>
      sha ? `${mode} ${sha}\t${path}` : `0 ${"0".repeat(40)}\t${path}`,
    );
    await git(folder, ["update-index", "-z", "--index-info"], lines.join("\0"), env);
    return (await git(folder, ["write-tree"], "", env)).trim();
  } finally {
    await rm(index, { force: true });
  }
}

export async function writeBlob(folder: string, content: Buffer): Promise<string> {
  return (await git(folder, ["hash-object", "-w", "--stdin"], content)).trim();
}

/** Moves a ref if it is where it was thought to be, and says whether it did. */
export async function moveRef(
  folder: string,
  { ref, from, to }: { ref: string; from: string; to: string },
): Promise<boolean> {
  return git(folder, ["update-ref", ref, to, from]).then(
    () => true,
    () => false,
  );
}

/** Merges a branch into the one that is checked out there. */
export async function merge(folder: string, branch: string): Promise<void> {
  await git(folder, ["merge", "--quiet", "--no-ff", "-m", `Merge ${branch}`, branch], "", BOT);
}

function git(
  folder: string,
  args: string[],
  input: string | Buffer = "",
  env: Record<string, string> = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const apart = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const child = spawn("git", ["-C", folder, ...args], {
    env: { ...process.env, ...apart, ...env },
  });
  const out: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout.on("data", (part) => out.push(part));
  child.stderr.on("data", (part) => said.push(part));
  child.on("error", reject);
  child.on("close", (code) => {
    if (code === 0) resolve(Buffer.concat(out).toString());
    else reject(new Error(`git ${args[0]}: ${Buffer.concat(said)}`));
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return promise;
}
