import { statSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { setImmediate } from "node:timers/promises";
import { ActionError } from "@playbook/action";
import { type BuiltFile, measured } from "./content.ts";
import { contentType } from "./content-type.ts";
import { isPage } from "./manifest.ts";

/** What S3 takes in one request, in bytes. */
const LARGEST = 5 * 2 ** 30;

/** A page is held whole: something is added to it. */
const LARGEST_PAGE = 100 * 2 ** 20;

/** S3's longest key, without room for what stands before the path. */
const LONGEST_PATH = 900;

const READS_AT_ONCE = 16;

/** The files of a folder, and none of them read yet. */
export type Listed = { root: string; files: Pick<BuiltFile, "path" | "size">[] };

/** Reads the folder that a build made. Throws what `listFolder` does. */
export async function readFolder(folder: string): Promise<BuiltFile[]> {
  return readListed(await listFolder(folder));
}

/**
 * Sees what a build made. Throws `folder-missing`, `folder-empty`, `index-missing`,
 * `folder-refused` (links that leave it, devices, names that are none, what is nobody's to see),
 * `file-too-large`.
 */
export async function listFolder(folder: string): Promise<Listed> {
  const root = await realpath(folder).catch((error) => {
    throw missing(folder, error);
  });
  const paths = await pathsBelow(root, folder);
  if (paths.length === 0) throw empty(folder);
  if (!paths.includes("index.html")) throw noIndex(folder, paths);

  return { root, files: paths.map((path) => ({ path, size: sizeOf(root, path) })) };
}

/** Reads each of the files once, and lets what else is under way go on between them. */
export async function readListed({ root, files }: Listed): Promise<BuiltFile[]> {
  const read: BuiltFile[] = [];
  for (let from = 0; from < files.length; from += READS_AT_ONCE) {
    const next = files.slice(from, from + READS_AT_ONCE);
    read.push(...(await Promise.all(next.map(({ path, size }) => measured(root, path, size)))));
    await setImmediate();
  }
  return read;
}

async function pathsBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error) => {
    throw missing(folder, error);
  });
  const paths: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(root, file).split(sep).join("/");
    if (!entry.isFile()) await checkLink(root, file, path);
    checkName(path);
    paths.push(path);
  }
  return paths.sort();
}

/** A link is as good as the file inside the folder that it leads to. */
async function checkLink(root: string, file: string, path: string): Promise<void> {
  const target = await realpath(file).catch(() => undefined);
  if (target === undefined || !target.startsWith(root + sep)) {
    throw refused(path, "It is a link that leaves the folder, or a device.");
  }
  if (!(await stat(target)).isFile()) throw refused(path, "It is a link to a folder.");
}

function checkName(path: string): void {
  if (path.includes("\ufffd")) throw refused(path, "Its name is no UTF-8.");
  if (/\p{Cc}/u.test(path)) throw refused(path, "Its name holds control characters.");
  if (/(^|\/)\.git(\/|$)/.test(path)) throw refused(path, "It is of a repository, and no build's.");
  if (/(^|\/)\.env(\.[^/]*)?$/.test(path)) throw refused(path, "Such files hold secrets.");
  if (Buffer.byteLength(path) > LONGEST_PATH) throw refused(path, "Its path is too long for S3.");
}

function sizeOf(root: string, path: string): number {
  const { size } = statSync(join(root, path));
  const most = isPage({ type: contentType(path) }) ? LARGEST_PAGE : LARGEST;
  if (size > most) throw tooLarge(path, size, most);
  return size;
}

function missing(folder: string, cause: NodeJS.ErrnoException): unknown {
  if (cause.code !== "ENOENT" && cause.code !== "ENOTDIR") return cause;
  return new ActionError("folder-missing", {
    what: `There is no folder ${folder}.`,
    why: "The site is read from it.",
    next: "Set `folder` to what the build makes, or `artifact` to the artifact that carries it.",
  });
}

function empty(folder: string): ActionError {
  return new ActionError("folder-empty", {
    what: `There is no file in ${folder}.`,
    why: "An empty site is more likely a build that went wrong than a wish.",
    next: "Look at the build, and set `folder` to what it makes.",
  });
}

function noIndex(folder: string, paths: string[]): ActionError {
  const pages = paths.filter((path) => /(^|\/)(index|200|404)\.html$/.test(path)).slice(0, 3);
  const where = pages.length > 0 ? ` There is ${pages.join(", ")}.` : "";
  return new ActionError("index-missing", {
    what: `There is no index.html in ${folder}.`,
    why: `A site begins with it.${where}`,
    next:
      "Set `folder` to the folder that holds index.html itself, " +
      "or have the build call its page so.",
  });
}

function refused(path: string, why: string): ActionError {
  return new ActionError("folder-refused", {
    what: `The file ${JSON.stringify(path)} cannot be part of a site.`,
    why,
    next: "Remove it from the build, or give it another name.",
  });
}

function tooLarge(path: string, size: number, most: number): ActionError {
  return new ActionError("file-too-large", {
    what: `The file ${path} is too large.`,
    why: `It has ${size} bytes, and ${most} are allowed.`,
    next: "Serve it from elsewhere: it is no part of a page.",
  });
}
