import { createHash, type Hash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { ActionError } from "@playbook/action";
import { type Digest, digestOf } from "@playbook/state";

/** A file of a build. */
export type BuiltFile = { path: string; size: number; digest: Digest };

/** From this size on, in bytes, a file is read piece by piece and never in memory as a whole. */
export const LARGE = 2 ** 20;

/**
 * Reads a file of about this size once. A small one is read at once: handing it to another thread
 * takes longer than reading it.
 */
export async function measured(root: string, path: string, size: number): Promise<BuiltFile> {
  if (size < LARGE) {
    const bytes = readFileSync(join(root, path));
    return { path, size: bytes.length, digest: digestOf(bytes) };
  }
  const hash = createHash("sha256");
  let read = 0;
  for await (const part of createReadStream(join(root, path))) {
    hash.update(part);
    read += part.length;
  }
  return { path, size: read, digest: digestIn(hash) };
}

/** The bytes of a file, which have to be those that were read before. Throws `file-changed`. */
export function readAgain(folder: string, { path, digest }: BuiltFile): Buffer {
  const bytes = readNow(join(folder, path), path);
  if (digestOf(bytes) === digest) return bytes;
  throw changed(path, OTHERS);
}

function readNow(file: string, path: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw goneOr(error as NodeJS.ErrnoException, path);
  }
}

/** The same piece by piece; the last one comes only when all of them are what they were. */
export function streamAgain(folder: string, file: BuiltFile): Readable {
  const source = createReadStream(join(folder, file.path));
  const checked = unchanged(file);
  source.on("error", (error: NodeJS.ErrnoException) => checked.destroy(goneOr(error, file.path)));
  return source.pipe(checked);
}

function unchanged({ path, size, digest }: BuiltFile): Transform {
  const hash = createHash("sha256");
  let held: Buffer | undefined;
  let read = 0;
  return new Transform({
    transform(part: Buffer, _, done) {
      hash.update(part);
      const before = held;
      held = part;
      read += part.length;
      if (read > size) done(changed(path, OTHERS));
      else done(null, before);
    },
    flush(done) {
      if (digestIn(hash) === digest) done(null, held);
      else done(changed(path, OTHERS));
    },
  });
}

function digestIn(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}`;
}

const OTHERS = "It has other bytes than a moment before.";

function goneOr(error: NodeJS.ErrnoException, path: string): Error {
  return error.code === "ENOENT" ? changed(path, "It is gone.") : error;
}

function changed(path: string, why: string): ActionError {
  return new ActionError("file-changed", {
    what: `The file ${path} has changed while it was read.`,
    why: `${why} Something still writes to the build.`,
    next: "Run this after the build has ended; nothing that is live was changed.",
  });
}
