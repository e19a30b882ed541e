import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, unlink } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Context } from "@playbook/action";
import type { Store } from "./store.ts";

const TEMPORARY = ".creating-";

/**
 * A store in a folder, for a machine of one's own. An object appears whole or not at all: a
 * temporary file, fsync, link(2) (which fails when the name is taken), fsync of the folder.
 */
export function folderStore(folder: string): Store {
  const root = resolve(folder);
  return {
    location: root,
    create: (key, bytes) => create(join(root, key), bytes),
    read: (key) => readOrNothing(join(root, key)),
    list: async (prefix, after = "", most = Number.POSITIVE_INFINITY) => {
      const keys = await keysBelow(root, prefix);
      const found = keys.filter((key) => key.startsWith(prefix) && key > after);
      return found.sort().slice(0, most);
    },
  };
}

/**
 * The same for an action that was told to use a folder: on a machine that is thrown away it warns
 * of what is kept there (`kept`, a clause) and what its loss means (`lost`, another).
 */
export function openFolder(
  folder: string,
  { kept, lost }: { kept: string; lost: string },
  { warn }: Pick<Context, "warn">,
): Store {
  if (process.env.RUNNER_ENVIRONMENT === "github-hosted") {
    warn(`${kept} in ${folder}, which is gone with this machine: ${lost}. Use s3://bucket/prefix.`);
  }
  return folderStore(folder);
}

async function create(path: string, bytes: Uint8Array): Promise<"created" | "taken"> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const staged = join(folder, `${TEMPORARY}${randomUUID()}`);
  try {
    await writeDurably(staged, bytes);
    await link(staged, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return "taken";
    throw error;
  } finally {
    await unlink(staged).catch(() => {});
  }
  await syncFolder(folder);
  return "created";
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function keysBelow(root: string, prefix: string): Promise<string[]> {
  const folder = prefix.includes("/") ? join(root, prefix.slice(0, prefix.lastIndexOf("/"))) : root;
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith(TEMPORARY))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
