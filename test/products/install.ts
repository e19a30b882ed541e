import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installSvm, temporaryFolder } from "@playbook/world";
import { cache, foundry, shell } from "../../scripts/tools.ts";

export type ProductName =
  | "nexus"
  | "counter"
  | "malice"
  | "app"
  | "subgraph"
  | "axon"
  | "hyperlane";

export type ProductOptions = {
  /**
   * The Foundry profile whose artifacts (`out/`, `cache/`) lie there already, or for the subgraph
   * its build (`generated/`, `build/`). Without it the product is as after a checkout and `npm ci`.
   */
  compiled?: "default" | "quick";
  /** `false` leaves the packages out: for a build that is there already they are only large. */
  packages?: boolean;
};

/** The versions of Solidity that the products are written in, for `installSvm`. */
export const compilers = ["0.5.16", "0.8.30"];

const products = dirname(fileURLToPath(import.meta.url));

/** What is made of a product, and never part of it. */
const MADE = new Set([
  ...["node_modules", "out", "cache", "broadcast", "loot"],
  ...["dist", "generated", "build"],
]);

/**
 * Puts a product into the folder `into`, which is made when it is not there: a git repository with
 * one commit on main, its packages installed. Packages and artifacts come from the cache, where the
 * first caller puts them. Resolves to the folder.
 */
export async function installProduct(
  name: ProductName,
  into: string,
  { compiled, packages = true }: ProductOptions = {},
): Promise<string> {
  const source = join(products, name);
  await copySources(source, into);
  await shell("git", ["-C", into, "init", "--quiet", "--initial-branch=main"], gitEnvironment);
  await commitAll(into, `${name} 1.0.0`);

  if (packages) await copyPackages(source, into);
  if (compiled) await copyArtifacts(name, into, compiled);
  return into;
}

/** Commits all that has changed in a product's repository. Resolves to the commit's SHA. */
export async function commitAll(folder: string, message: string): Promise<string> {
  await shell("git", ["-C", folder, "add", "--all"], gitEnvironment);
  await shell("git", ["-C", folder, "commit", "--quiet", "-m", message], gitEnvironment);
  return (await shell("git", ["-C", folder, "rev-parse", "HEAD"], gitEnvironment)).trim();
}

/** Nobody's own settings, hooks or signing keys; the same commit each time. */
const gitEnvironment = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Nexus",
  GIT_AUTHOR_EMAIL: "contracts@nexus.example",
  GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
  GIT_COMMITTER_NAME: "Nexus",
  GIT_COMMITTER_EMAIL: "contracts@nexus.example",
  GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
};

async function copySources(source: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const filter = (path: string) => dirname(path) !== source || !MADE.has(basename(path));
  await cp(source, into, { recursive: true, filter });
}

async function copyPackages(source: string, into: string): Promise<void> {
  const lock = await readFile(join(source, "package-lock.json"), "utf8").catch(() => undefined);
  if (!lock?.includes('"node_modules/')) return;

  const folder = await once(`product-packages-${digest([lock])}`, async (staged) => {
    for (const file of ["package.json", "package-lock.json"]) {
      await cp(join(source, file), join(staged, file));
    }
    await shell("npm", ["ci", "--silent", "--no-audit", "--no-fund", "--prefix", staged]);
  });
  await cp(join(folder, "node_modules"), join(into, "node_modules"), { recursive: true });
}

/** What is made of each kind of product, from which files, and how. */
const forgeBuild = {
  from: /\.(sol|toml|txt)$|package-lock\.json$/,
  // forge knows its artifacts by the sources' paths and content, not by the folder around them.
  made: ["out", "cache"],
  make: async (folder: string, profile: string) => {
    await using home = await temporaryFolder("svm");
    await installSvm(home.path, compilers);
    const env = { HOME: home.path, FOUNDRY_PROFILE: profile };
    await shell(foundry("forge"), ["build", "--root", folder], env);
  },
};
const graphBuild = {
  from: /\.(ts|graphql|yaml|json)$/,
  made: ["generated", "build"],
  make: async (folder: string) => {
    await graphCli(folder, "codegen");
    await graphCli(folder, "build");
  },
};

/** Runs the graph-cli that is installed in a product's folder. */
export function graphCli(folder: string, ...args: string[]): Promise<string> {
  const cli = join(folder, "node_modules", "@graphprotocol", "graph-cli", "bin", "run.js");
  return shell(process.execPath, [cli, ...args], {}, folder);
}

async function copyArtifacts(name: ProductName, into: string, profile: string): Promise<void> {
  const source = join(products, name);
  const { from, made, make } = name === "subgraph" ? graphBuild : forgeBuild;
  const key = digest([profile, ...(await contents(source, from))]);
  const folder = await once(`product-artifacts-${key}`, async (staged) => {
    await copySources(source, staged);
    await copyPackages(source, staged);
    await make(staged, profile);
    await rm(join(staged, "node_modules"), { recursive: true, force: true });
  });
  for (const each of made) {
    await cp(join(folder, each), join(into, each), { recursive: true });
  }
}

/**
 * The folder of that name in the cache, filled by `fill` if it is the first: whole or not at all.
 */
export async function once(name: string, fill: (staged: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;

  await mkdir(cache, { recursive: true });
  const staged = await mkdtemp(`${folder}.`);
  try {
    await fill(staged);
    await rename(staged, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return folder;
}

/** What a product that is made of such files is made from, as a key for what is made of it. */
export async function digestOf(name: ProductName, from: RegExp, more: string[]): Promise<string> {
  return digest([...more, ...(await contents(join(products, name), from))]);
}

/** The sources of a product that a build is made from, in order, each with its path. */
async function contents(source: string, from: RegExp): Promise<string[]> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)))
    .filter((path) => from.test(path))
    .filter((path) => !MADE.has(path.split("/")[0] ?? ""))
    .sort();
  return Promise.all(
    paths.map(async (path) => `${path}\n${await readFile(join(source, path), "utf8")}`),
  );
}

function digest(parts: string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}
