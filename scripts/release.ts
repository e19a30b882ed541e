// Makes a release: `release <version> [--notes FILE]` commits dist/ on top of HEAD and tags it
// here; `release <version> --into DIR` does the same in a throw-away clone and leaves this one
// alone.
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cachedBuild } from "./release/build-cache.ts";
import { changeList } from "./release/changes.ts";
import { commitBundle, type Git, gitAt, identity } from "./release/git.ts";
import type { History } from "./release/history.ts";
import { notes } from "./release/notes.ts";
import { reproducible } from "./release/reproducible.ts";
import {
  compare,
  lowestAfter,
  predecessor,
  readVersion,
  successor,
  type Version,
} from "./release/version.ts";
import { root } from "./tools.ts";

export type Release = {
  /** The commit that carries dist/. */
  commit: string;
  /** `v1.2.3` */
  tag: string;
  /** `v1`, which points to the same commit; absent for a prerelease. */
  major: string | undefined;
};

/**
 * Makes a release of this work tree, uncommitted changes included, in a clone at `into`, which must
 * not exist or be empty, and leaves that at the release's commit. The bundle comes from the cache
 * when the same sources have been built before.
 */
export async function makeRelease(options: { version: string; into: string }): Promise<Release> {
  const version = wellFormed(options.version);
  const into = resolve(options.into);
  await mkdir(into, { recursive: true });
  gitAt(into)(["clone", "--quiet", "--shared", "--no-tags", "--no-checkout", root, "."]);
  gitAt(into)(["remote", "remove", "origin"]);

  const scratch = await mkdtemp(join(tmpdir(), "release-"));
  try {
    const git = gitAt(into, join(scratch, "index"));
    const base = commitWorkTree(git, into);
    const bundle = await cachedBuild(git, base);
    const release = tagged(git, version, commitBundle(git, base, bundle, version.tag));
    gitAt(into)(["checkout", "--quiet", "--detach", release.commit]);
    return release;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** HEAD, or a commit on top of it with what the work tree has changed since. */
function commitWorkTree(git: Git, into: string): string {
  const workTree = ["--git-dir", join(into, ".git"), "--work-tree", root];
  git(["read-tree", "HEAD"]);
  git([...workTree, "add", "--all", root]);
  const tree = git(["write-tree"]);
  if (tree === git(["rev-parse", "HEAD^{tree}"])) return git(["rev-parse", "HEAD"]);
  const args = ["commit-tree", tree, "-p", "HEAD", "-m", "Uncommitted changes"];
  return git(args, { env: identity(git, "HEAD") });
}

/** Tags HEAD with its bundle in this repository; the work tree and its index stay as they are. */
async function releaseHere(text: string, notesFile: string | undefined): Promise<void> {
  const version = wellFormed(text);
  const tags = refuseUnfit(version);
  // Needs the workspace's packages, and nothing before does.
  const { historySince } = await import("./release/history.ts");
  const history = historySince(gitAt(root), predecessor(version, tags));
  refuseTooSmall(version, history);

  const scratch = await mkdtemp(join(tmpdir(), "release-"));
  try {
    const git = gitAt(root, join(scratch, "index"));
    const bundle = await reproducible(scratch);
    const release = tagged(git, version, commitBundle(git, "HEAD", bundle, version.tag));
    if (notesFile) await writeFile(notesFile, notes(version, history));
    await report(git, release, join(scratch, "archive"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function report(git: Git, { commit, tag, major }: Release, archive: string): Promise<void> {
  git(["archive", "--format=tar.gz", "--output", archive, commit]);
  const { size } = await stat(archive);
  process.stdout.write(`${[tag, major].filter(Boolean).join(", ")}: ${commit}\n`);
  process.stdout.write(`Each job downloads ${(size / 1024).toFixed(0)} KiB.\n`);
}

function wellFormed(text: string): Version {
  const version = readVersion(text);
  if (!version) throw new Error(`"${text}" is no version: write for example v1.2.3.`);
  return version;
}

/** Throws unless the version can be released here; gives back the tags that there are. */
function refuseUnfit(version: Version): string[] {
  const git = gitAt(root);
  const dirty = git(["status", "--porcelain"]);
  if (dirty) throw new Error(`Commit or remove these first; a release is a commit:\n${dirty}`);

  const tags = git(["tag", "--list", "v*"]).split("\n");
  if (tags.includes(version.tag)) {
    throw new Error(`${version.tag} exists, and a release never changes: choose a higher version.`);
  }
  const higher = successor(version, tags);
  if (higher && !version.prerelease) {
    throw new Error(
      `${higher.tag} is out already: ${version.tag} would move ${version.major} back.`,
    );
  }
  return tags;
}

/** The number has to say what has changed of what users rely on. */
function refuseTooSmall(version: Version, { since, changes }: History): void {
  const lowest = since && lowestAfter(since, changes);
  if (!lowest || compare(version, lowest) >= 0) return;
  throw new Error(
    `${version.tag} is too small for what has changed since ${since.tag}: ` +
      `release it as ${lowest.tag} or higher.\n${changeList(changes)}`,
  );
}

function tagged(git: Git, version: Version, commit: string): Release {
  git(["tag", version.tag, commit]);
  if (version.prerelease) return { commit, tag: version.tag, major: undefined };
  git(["tag", "--force", version.major, commit]);
  return { commit, tag: version.tag, major: version.major };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { into: { type: "string" }, notes: { type: "string" } },
  });
  const [version = ""] = positionals;
  if (!values.into) return releaseHere(version, values.notes);

  const { commit, tag } = await makeRelease({ version, into: values.into });
  process.stdout.write(`${tag}: ${commit} in ${values.into}\n`);
}

if (import.meta.main) {
  await main().catch((error: Error) => {
    process.stderr.write(`\nerror: ${error.message}\n`);
    process.exitCode = 1;
  });
}
