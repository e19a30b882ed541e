import { bytesOf, type Hex } from "./hex.ts";

/** What RLP writes: bytes, or a list of such. */
export type Item = Uint8Array | Item[];

/** Reads one item that takes up all of the bytes. null when they are none. */
export function readRlp(written: Hex): Item | null {
  const bytes = bytesOf(written);
  try {
    const { item, end } = itemAt(bytes, 0);
    return end === bytes.length ? item : null;
  } catch {
    return null;
  }
}

function itemAt(bytes: Uint8Array, at: number): { item: Item; end: number } {
  const first = byteAt(bytes, at);
  if (first < 0x80) return { item: bytes.subarray(at, at + 1), end: at + 1 };
  const isList = first >= 0xc0;
  const { start, end } = spanOf(bytes, at, first - (isList ? 0xc0 : 0x80));
  if (end > bytes.length) throw new RangeError("It ends before its end.");
  if (!isList) return { item: bytes.subarray(start, end), end };
  const items: Item[] = [];
  for (let next = start; next < end; ) {
    const read = itemAt(bytes, next);
    items.push(read.item);
    next = read.end;
  }
  return { item: items, end };
}

/** Where the content is: up to 55 bytes are counted in the first byte, more in those that follow. */
function spanOf(bytes: Uint8Array, at: number, length: number): { start: number; end: number } {
  if (length <= 55) return { start: at + 1, end: at + 1 + length };
  const start = at + 1 + length - 55;
  let size = 0;
  for (let digit = at + 1; digit < start; digit += 1) size = size * 256 + byteAt(bytes, digit);
  return { start, end: start + size };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError("It ends before its end.");
  return byte;
}
