import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { reason } from "@playbook/action";
import { type Entry, openPromise, type ZipFile } from "yauzl";

/** What an archive says of one of its entries. */
export type Listed = Pick<Entry, "fileName" | "uncompressedSize" | "externalFileAttributes">;

export type ArchiveLimits = {
  entries: number;
  /** Sum of the files' sizes once they are unpacked. */
  bytes: number;
};

/** An archive that is not what it should be, however it came. */
export class ArchiveRefused extends Error {
  override readonly name = "ArchiveRefused";
}

/**
 * Unpacks a ZIP archive, written by whomever, into a folder that is empty. Its list is read and
 * judged before anything is written, and no file becomes larger than the list said. Throws
 * `ArchiveRefused`; errors of this machine's file system come as they are.
 */
export async function unpack(archive: string, into: string, limits: ArchiveLimits): Promise<void> {
  try {
    const zip = await openPromise(archive, { autoClose: false, strictFileNames: true });
    try {
      await unpackAll(zip, into, limits);
    } finally {
      zip.close();
    }
  } catch (error) {
    if (error instanceof ArchiveRefused || (error as NodeJS.ErrnoException).syscall) throw error;
    throw new ArchiveRefused(reason(error));
  }
}

async function unpackAll(zip: ZipFile, into: string, limits: ArchiveLimits): Promise<void> {
  const counted = tooMany(zip.entryCount, limits);
  if (counted) throw new ArchiveRefused(counted);

  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  const fault = faultOf(entries, limits);
  if (fault) throw new ArchiveRefused(fault);

  for (const entry of entries) await write(zip, entry, into);
}

async function write(zip: ZipFile, entry: Entry, into: string): Promise<void> {
  const path = join(into, entry.fileName);
  if (isFolder(entry)) {
    await mkdir(path, { recursive: true });
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  const content = await zip.openReadStreamPromise(entry);
  await pipeline(content, createWriteStream(path, { flags: "wx" }));
}

/** Why these entries are not unpacked, in words for a person; undefined when they may be. */
export function faultOf(entries: Listed[], limits: ArchiveLimits): string | undefined {
  const bytes = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (bytes > limits.bytes) {
    return `its files take ${bytes} bytes unpacked, and ${limits.bytes} are allowed.`;
  }
  return tooMany(entries.length, limits) ?? firstOf(entries, strange) ?? clash(entries);
}

function tooMany(count: number, { entries }: ArchiveLimits): string | undefined {
  return count > entries ? `it has ${count} entries, and ${entries} are allowed.` : undefined;
}

function firstOf<Item>(items: Item[], judge: (item: Item) => string | undefined) {
  for (const item of items) {
    const fault = judge(item);
    if (fault) return fault;
  }
  return undefined;
}

/** The bits of a Unix mode that say what it is: neither links nor devices are taken. */
const KIND = 0o170000;
const FILE = 0o100000;
const FOLDER = 0o040000;

function strange(entry: Listed): string | undefined {
  const { fileName: name, externalFileAttributes } = entry;
  const bare = name.replace(/\/$/, "");
  const outside = bare === ".." || bare.startsWith("../") || bare.startsWith("/");
  if (outside || bare === "." || bare === "" || posix.normalize(bare) !== bare) {
    return `its entry ${JSON.stringify(name)} is no plain path inside it.`;
  }
  if (/[\\\0]/.test(name) || name.split("/").some((part) => Buffer.byteLength(part) > 255)) {
    return `its entry ${JSON.stringify(name.slice(0, 300))} has no name that is a file's here.`;
  }
  const kind = (externalFileAttributes >>> 16) & KIND;
  if (kind === 0 || kind === (isFolder(entry) ? FOLDER : FILE)) return undefined;
  return `its entry ${JSON.stringify(name)} is neither a file nor a folder.`;
}

/** Two entries for one path: which of them a reader gets would depend on the reader. */
function clash(entries: Listed[]): string | undefined {
  const files = new Set<string>();
  for (const { fileName } of entries.filter((entry) => !isFolder(entry))) {
    if (files.has(fileName)) return `it has ${JSON.stringify(fileName)} twice.`;
    files.add(fileName);
  }
  return firstOf(entries, ({ fileName }) => {
    const within = parents(fileName).find((parent) => files.has(parent));
    return within && `its entry ${JSON.stringify(within)} is both a file and a folder.`;
  });
}

/** `a/b/c` and `a/b/c/` lie in `a` and `a/b`; the latter is also the folder `a/b/c` itself. */
function parents(name: string): string[] {
  const parts = name.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

function isFolder({ fileName }: Listed): boolean {
  return fileName.endsWith("/");
}
