import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { program } from "../programs.ts";

type Options = { input?: Buffer; env?: Record<string, string> };

/** Runs git and gives back what it printed, without the last line's end. */
export type Git = (args: string[], options?: Options) => string;

/** Git in a folder. With an index of its own it never touches the work tree's. */
export function gitAt(folder: string, index?: string): Git {
  return (args, { input, env } = {}) =>
    execFileSync(program("git"), args, {
      cwd: folder,
      env: { ...process.env, ...(index && { GIT_INDEX_FILE: index }), ...env },
      input,
      encoding: "utf8",
      maxBuffer: 256 * 1024 * 1024,
      stdio: ["pipe", "pipe", "pipe"],
    }).trimEnd();
}

/**
 * A commit on top of `base` that differs from it in dist/ alone. Its author and dates come from the
 * base, so whoever builds the same sources gets the very same commit.
 */
export function commitBundle(git: Git, base: string, bundle: string, version: string): string {
  git(["read-tree", base]);
  for (const path of filesBelow(bundle)) {
    const blob = git(["hash-object", "-w", "--stdin"], {
      input: readFileSync(join(bundle, path)),
    });
    git(["update-index", "--add", "--cacheinfo", `100644,${blob},dist/${path}`]);
  }
  const args = ["commit-tree", git(["write-tree"]), "-p", base, "-m", `Release ${version}`];
  return git(args, { env: identity(git, base) });
}

/** Who commits a release, and when: nothing that differs from machine to machine. */
export function identity(git: Git, base: string): Record<string, string> {
  const date = git(["show", "--no-patch", "--format=%cI", base]);
  const name = "The playbook";
  const email = "playbook@users.noreply.github.com";
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}
