import { generateKeyPair, keyShown, publicHalfOf } from "../src/index.ts";

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const vector = (bytes: Buffer) => Buffer.concat([u32(bytes.length), bytes]);

/** Molecule's table: its size, where each field begins, and the fields. */
function tableOf(fields: Buffer[]): Buffer {
  const head = 4 * (1 + fields.length);
  const before = (at: number) =>
    fields.slice(0, at).reduce((sum, { length }) => sum + length, head);
  const offsets = fields.map((_, at) => u32(before(at)));
  return Buffer.concat([u32(before(fields.length)), ...offsets, ...fields]);
}

/** tentacle-secio's `Propose` of a node with this network key, as a frame. */
function proposalOf(publicKey: string): Buffer {
  const key = Buffer.from(publicKey.slice(2), "hex");
  const names = ["X25519,P-256", "CHACHA20_POLY1305,AES-128-GCM", "SHA256,SHA512"];
  const union = Buffer.concat([u32(0), vector(key)]);
  const body = tableOf([
    vector(Buffer.alloc(16, 7)),
    vector(union),
    ...names.map((name) => vector(Buffer.from(name))),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

test("a node shows whose key it has in its first words to a peer", () => {
  const [one, other, third] = Array.from(
    { length: 3 },
    () => publicHalfOf(generateKeyPair()).publicKey,
  );
  if (!one || !other || !third) throw new Error("There are no keys.");

  expect(keyShown(proposalOf(other), [one, other])).toBe(other);
  expect(keyShown(proposalOf(third), [one, other])).toBeUndefined();
  expect(keyShown(proposalOf(one).subarray(0, 60), [one, other])).toBeUndefined();
  expect(keyShown(Buffer.from("HTTP/1.1 400 Bad Request"), [one])).toBeUndefined();
});
