import { crc32, deflateRawSync } from "node:zlib";

export type ZipEntry = {
  name: string;
  content?: string | Buffer;
  /** Unix mode with its kind; none leaves what archives of other systems have. */
  mode?: number;
  /** What the archive says of the size, where that is a lie. */
  says?: number;
};

/** A ZIP archive, true or not, in the format of PKWARE's APPNOTE. */
export function zip(entries: ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;

  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? "");
    const packed = deflateRawSync(content);
    const shared = sharedFields(entry, name, content, packed);

    const local = Buffer.concat([signature(0x04034b50), shared, name, packed]);
    const central = Buffer.concat([
      signature(0x02014b50),
      number(0x0314, 2),
      ...[shared, number(0, 2), number(0, 2), number(0, 2)],
      ...[number(((entry.mode ?? 0) << 16) >>> 0, 4), number(offset, 4), name],
    ]);
    files.push(local);
    directory.push(central);
    offset += local.length;
  }

  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const counts = [number(entries.length, 2), number(entries.length, 2)];
  const end = [signature(0x06054b50), number(0, 4), ...counts, number(size, 4), number(offset, 4)];
  return Buffer.concat([...files, ...directory, ...end, number(0, 2)]);
}

/** What a file's own header and the directory have in common. */
function sharedFields({ says }: ZipEntry, name: Buffer, content: Buffer, packed: Buffer): Buffer {
  return Buffer.concat([
    ...[number(20, 2), number(0x0800, 2), number(8, 2), number(0, 4)],
    ...[number(crc32(content), 4), number(packed.length, 4), number(says ?? content.length, 4)],
    ...[number(name.length, 2), number(0, 2)],
  ]);
}

function signature(value: number): Buffer {
  return number(value, 4);
}

function number(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 2) buffer.writeUInt16LE(value);
  else buffer.writeUInt32LE(value);
  return buffer;
}
