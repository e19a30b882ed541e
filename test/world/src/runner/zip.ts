import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const DEFLATED = 8;

/** The files of a ZIP archive, by its central directory (APPNOTE 4.3). */
export function unzip(archive: Buffer): { name: string; bytes: Buffer }[] {
  let end = archive.length - 22;
  while (end >= 0 && archive.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error("not a ZIP archive");

  const files = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== DIRECTORY) throw new Error("a broken ZIP archive");
    const sizes = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const [nameSize = 0, extraSize = 0, commentSize = 0] = sizes;
    const name = archive.toString("utf8", at + 46, at + 46 + nameSize);
    files.push({ name, bytes: content(archive, at) });
    at += 46 + nameSize + extraSize + commentSize;
  }
  return files;
}

function content(archive: Buffer, entry: number): Buffer {
  const size = archive.readUInt32LE(entry + 20);
  const local = archive.readUInt32LE(entry + 42);
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(start, start + size);
  return archive.readUInt16LE(entry + 10) === DEFLATED ? inflateRawSync(packed) : packed;
}
