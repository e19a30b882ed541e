import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { basename, join, posix, relative } from "node:path";
import { ActionError } from "@playbook/action";
import type { Source } from "./source.ts";

/** A file as it is to be in the repository. */
export type ProposedFile = {
  path: string;
  content: Buffer;
  executable: boolean;
};

/** More than that is nothing that a person reads in a pull request. */
const LIMITS = { files: 1_000, bytes: 32 * 2 ** 20 };

type Found = { from: string; path: string };

/**
 * Reads what is to be proposed out of a folder: all of it is judged before anything is sent. Throws
 * `files-refused` and `files-missing`.
 */
export async function readFiles(
  folder: string,
  { files: sources, names }: { files: Source[]; names: string[] },
): Promise<ProposedFile[]> {
  const all = await Promise.all(sources.map((source) => filesOf(folder, source)));
  const found = all.flat().filter(({ from }) => !names.length || names.includes(basename(from)));
  const fault = faultOf(found.map(({ path }) => path));
  if (fault) throw refused(fault);

  const stats = await Promise.all(found.map(({ from }) => lstat(from)));
  const bytes = stats.reduce((sum, { size }) => sum + size, 0);
  if (bytes > LIMITS.bytes) {
    throw refused(`They have ${bytes} bytes together, and ${LIMITS.bytes} are allowed.`);
  }
  const read = found.map(async ({ from, path }, at): Promise<ProposedFile> => {
    const executable = ((stats[at]?.mode ?? 0) & 0o100) !== 0;
    return { path, content: await readFile(from), executable };
  });
  const files = await Promise.all(read);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files that a line names, by where they are and where they belong. */
async function filesOf(folder: string, { from, to }: Source): Promise<Found[]> {
  const start = posix.normalize(from);
  const target = posix.normalize(to);
  const root = await realpath(folder).catch(() => undefined);
  const place = root && (await realpath(join(root, start)).catch(() => undefined));
  if (!place) throw missing(from);
  // A link on the way would lead to what nobody named.
  if (join(root, start).replace(/\/$/, "") !== place || relative(root, place).startsWith("..")) {
    throw refused(`${JSON.stringify(from)} is no plain path inside the folder, or a link.`);
  }
  if ((await lstat(place)).isFile()) return [{ from: place, path: target }];

  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const strange = entries.find((entry) => !entry.isFile() && !entry.isDirectory());
  if (strange) throw refused(`${JSON.stringify(strange.name)} in ${from} is a link or a device.`);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ from: file, path: posix.join(target, relative(place, file)) }));
}

/** Why files are not proposed at these paths of a repository; undefined when they may be. */
export function faultOf(paths: string[]): string | undefined {
  if (paths.length > LIMITS.files) {
    return `They are ${paths.length}, and ${LIMITS.files} are allowed.`;
  }
  const strange = paths.map(strangeness).find((fault) => fault !== undefined);
  if (strange) return strange;

  const known = new Set(paths);
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice) return `Two of them would be ${JSON.stringify(twice)}.`;
  const both = paths.flatMap(parents).find((parent) => known.has(parent));
  return both && `${JSON.stringify(both)} would be both a file and a folder.`;
}

function strangeness(path: string): string | undefined {
  const parts = path.split("/");
  const said = JSON.stringify(path.slice(0, 300));
  if (parts.some((part) => ["", ".", ".."].includes(part))) {
    return `${said} is no plain path inside the repository.`;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\\\x00-\x1f\x7f\ufffd]/.test(path) || parts.some((part) => Buffer.byteLength(part) > 255)) {
    return `${said} has no name that every system can check out.`;
  }
  if (parts.some((part) => /^(\.git|git~\d)[. ]*$/i.test(part))) {
    return `${said} would be a part of git itself.`;
  }
  if (/^\.github$/i.test(parts[0] ?? "")) {
    return `${said} would change what the repository's workflows do, or who reviews.`;
  }
  return undefined;
}

/** `a/b/c` lies in `a/b` and `a`. */
export function parents(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

export function refused(why: string): ActionError {
  return new ActionError("files-refused", {
    what: "The files are not proposed.",
    why,
    next: "Look at what made them, or name others in `files` and `names`.",
  });
}

function missing(from: string): ActionError {
  return new ActionError("files-missing", {
    what: `There is no ${JSON.stringify(from)} to propose.`,
    why: "A line of `files` names it, and the folder or artifact does not have it.",
    next: "Correct `files`, or see why what makes it did not.",
  });
}
