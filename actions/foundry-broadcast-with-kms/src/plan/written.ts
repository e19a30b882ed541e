import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Project } from "./project.ts";
import { filesBelow } from "./tree.ts";

/** A file that the scripts wrote: what it was, and what it would become. */
export type Written = {
  /** Relative to the project's folder. */
  path: string;
  /** Undefined for a new file. */
  before: Buffer | undefined;
  after: Buffer;
};

export type Changes = {
  written: Written[];
  /** Files that the scripts deleted. They stay: taking over only adds and replaces. */
  deleted: string[];
};

/** What the scripts left in the copy that differs from the project. */
export async function changes(project: Project, scratch: string): Promise<Changes> {
  const [there, here] = await Promise.all([
    filesBelow(scratch, project.apart),
    filesBelow(project.folder, project.apart),
  ]);
  const compared = await Promise.all(there.map((path) => compare(project.folder, scratch, path)));
  const kept = new Set(there);
  return {
    written: compared.filter((file) => file !== undefined),
    deleted: here.filter((path) => !kept.has(path)),
  };
}

async function compare(from: string, to: string, path: string): Promise<Written | undefined> {
  const [old, now] = await Promise.all([timesOf(join(from, path)), timesOf(join(to, path))]);
  if (old && now && old.size === now.size && old.mtimeMs === now.mtimeMs) return undefined;

  const after = await readFile(join(to, path));
  const before = old && (await readFile(join(from, path)));
  return before?.equals(after) ? undefined : { path, before, after };
}

async function timesOf(path: string) {
  return stat(path).catch((error) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
