import { createHash } from "node:crypto";

/** How IPFS cuts and arranges a file when nobody says otherwise. */
const CHUNK = 262_144;
const LINKS = 174;

const FILE = 2;

/** A block of a file's tree: its hash, the bytes of the file below it, and those of its blocks. */
type Block = { hash: Buffer; content: number; size: number };

/**
 * The name that IPFS gives a file by its content, as `ipfs add` and graph-cli make it: version 0, a
 * balanced tree of UnixFS nodes over chunks of 256 KiB.
 * Protocol: specs.ipfs.tech/unixfs, ipld.io/specs/codecs/dag-pb
 */
export function cidOf(bytes: Uint8Array): string {
  let level = chunks(bytes).map((chunk) => block([], chunk));
  while (level.length > 1) {
    level = groups(level).map((children) => block(children));
  }
  return base58((level[0] as Block).hash);
}

function chunks(bytes: Uint8Array): Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / CHUNK));
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * CHUNK, (at + 1) * CHUNK));
}

function groups(blocks: Block[]): Block[][] {
  const count = Math.ceil(blocks.length / LINKS);
  return Array.from({ length: count }, (_, at) => blocks.slice(at * LINKS, (at + 1) * LINKS));
}

function block(children: Block[], chunk: Uint8Array = Buffer.alloc(0)): Block {
  const content = children.reduce((sum, child) => sum + child.content, chunk.length);
  const unixfs = Buffer.concat([
    number(1, FILE),
    ...(chunk.length > 0 ? [field(2, chunk)] : []),
    number(3, content),
    ...children.map((child) => number(4, child.content)),
  ]);
  const links = children.map(({ hash, size }) =>
    field(2, Buffer.concat([field(1, hash), field(2, Buffer.alloc(0)), number(3, size)])),
  );
  const node = Buffer.concat([...links, field(1, unixfs)]);
  const digest = createHash("sha256").update(node).digest();
  const size = children.reduce((sum, child) => sum + child.size, node.length);
  return { hash: Buffer.concat([Buffer.from([0x12, digest.length]), digest]), content, size };
}

/** Protocol buffers: a field of bytes. */
function field(tag: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(tag * 8 + 2), varint(bytes.length), bytes]);
}

/** Protocol buffers: a field with a whole number. */
function number(tag: number, value: number): Buffer {
  return Buffer.concat([varint(tag * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** Of bytes that do not begin with zero, which a hash with its kind before it never does. */
function base58(bytes: Buffer): string {
  let text = "";
  for (let left = BigInt(`0x${bytes.toString("hex")}`); left > 0n; left /= 58n) {
    text = ALPHABET.charAt(Number(left % 58n)) + text;
  }
  return text;
}
