import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { cache, root, shell, withLock } from "../tools.ts";
import type { Git } from "./git.ts";

/** What a bundle is made of. */
const SOURCES = ["actions", "packages", "scripts/build.ts", "scripts/bundle"];
const SETTINGS = ["package.json", "pnpm-lock.yaml", "tsconfig.json"];

/** Bundles that stay in the cache; the oldest go first. */
const KEPT = 8;

/** Runs the build in a process of its own. */
export async function build(folder: string): Promise<void> {
  await shell(process.execPath, [join(root, "scripts", "build.ts"), folder]);
}

/** The folder of the bundle of a tree's sources, built only when no clone has built them yet. */
export async function cachedBuild(git: Git, tree: string): Promise<string> {
  const bundles = join(cache, "bundles");
  const digest = sourceDigest(git, tree);
  const home = join(bundles, digest);
  if (existsSync(home)) return home;

  await mkdir(bundles, { recursive: true });
  // A build takes a gigabyte: who needs the same one waits for it.
  await withLock(join(bundles, `.lock-${digest}`), async () => {
    if (!existsSync(home)) await buildInto(home, bundles);
  });
  await dropOldest(bundles);
  return home;
}

async function buildInto(home: string, bundles: string): Promise<void> {
  const staged = await mkdtemp(join(bundles, ".building-"));
  try {
    await build(join(staged, "dist"));
    await rename(join(staged, "dist"), home);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

function sourceDigest(git: Git, tree: string): string {
  const listing = git(["ls-tree", "-r", tree, "--", ...SOURCES, ...SETTINGS]);
  const relevant = listing.split("\n").filter((line) => !/\/test\/|\.(md|yml)$/.test(line));
  return createHash("sha256").update(relevant.join("\n")).digest("hex").slice(0, 32);
}

async function dropOldest(bundles: string): Promise<void> {
  const names = (await readdir(bundles)).filter((name) => !name.startsWith("."));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(bundles, name))).mtimeMs })),
  );
  const old = dated.sort((one, other) => other.at - one.at).slice(KEPT);
  for (const { name } of old) await rm(join(bundles, name), { recursive: true, force: true });
}
