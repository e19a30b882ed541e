import { secp256k1 } from "@noble/curves/secp256k1.js";
import { computeAddress, hexlify, SigningKey, Transaction } from "ethers";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { pointOf, signatureReader } from "../src/signature.ts";

const ORDER = secp256k1.Point.Fn.ORDER;

const hex = (text: string) => Buffer.from(text, "hex");

/** SubjectPublicKeyInfo of secp256k1, cut into the parts that a table can change. */
const ALGORITHM = "301006072a8648ce3d020106052b8104000a";
const spkiOf = (point: Uint8Array) =>
  Buffer.concat([hex(`3056${ALGORITHM}034200`), Buffer.from(point)]);

function integer(value: bigint): Buffer {
  const text = value.toString(16);
  const bytes = hex(text.padStart(text.length + (text.length % 2), "0"));
  const signed = (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  return Buffer.concat([Buffer.of(2, signed.length), signed]);
}

function der(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

const secret = hex("11".repeat(32));
const digest = hex("22".repeat(32));
const point = secp256k1.getPublicKey(secret, false);

function signed(key: Uint8Array, hash: Uint8Array) {
  const signature = secp256k1.sign(hash, key, { prehash: false, format: "recovered" });
  return secp256k1.Signature.fromBytes(signature, "recovered");
}

describe("a public key of KMS", () => {
  test("is read as its uncompressed point", () => {
    expect(hexlify(pointOf(spkiOf(point)))).toBe(hexlify(point));
  });

  const compressed = secp256k1.getPublicKey(secret, true);
  const moved = Buffer.from(point);
  moved[64] = (moved[64] ?? 0) ^ 1;

  test.each([
    { what: "nothing", spki: Buffer.alloc(0) },
    { what: "the point alone", spki: Buffer.from(point) },
    { what: "a byte too few", spki: spkiOf(point).subarray(0, -1) },
    { what: "a byte too many", spki: Buffer.concat([spkiOf(point), Buffer.of(0)]) },
    { what: "a compressed point", spki: spkiOf(compressed) },
    { what: "a point that is not on the curve", spki: spkiOf(moved) },
    {
      what: "a point of P-256",
      spki: Buffer.concat([
        hex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
        Buffer.from(point),
      ]),
    },
    {
      what: "a point of secp256k1 under another curve's name",
      spki: Buffer.concat([hex(`3056${ALGORITHM.slice(0, -2)}09034200`), Buffer.from(point)]),
    },
    { what: "a key of RSA", spki: hex("30820122300d06092a864886f70d01010105000382010f00") },
  ])("that is $what is refused", ({ spki }) => {
    expect(() => pointOf(spki)).toThrow();
  });
});

describe("a signature of KMS", () => {
  const read = signatureReader(point);
  const { r, s } = signed(secret, digest);

  test("with a high s becomes its low twin, with the parity turned", () => {
    const low = read(der(r, s), digest);
    const high = read(der(r, ORDER - s), digest);

    expect(high).toEqual(low);
    expect(BigInt(low.s)).toBe(s);
  });

  test("of any key and any digest becomes the one that Ethereum takes", () => {
    const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n });
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const cases = fc.array(fc.record({ hash, flip: fc.boolean() }), {
      minLength: 5,
      maxLength: 20,
    });
    const property = (number: bigint, all: { hash: Uint8Array; flip: boolean }[]) => {
      const key = hex(number.toString(16).padStart(64, "0"));
      // One reader for all of them: to make one costs more than to use it.
      const read = signatureReader(secp256k1.getPublicKey(key, false));

      for (const { hash, flip } of all) {
        const own = signed(key, hash);
        const found = read(der(own.r, flip ? ORDER - own.s : own.s), hash);

        expect(BigInt(found.r)).toBe(own.r);
        expect(BigInt(found.s)).toBe(own.s);
        expect(found.yParity).toBe(own.recovery);
      }
    };
    const edges = [
      { hash: new Uint8Array(32).fill(255), flip: true },
      { hash: new Uint8Array(32), flip: false },
    ];
    const examples: [bigint, typeof edges][] = [
      [1n, edges],
      [ORDER - 1n, edges],
    ];
    fc.assert(fc.property(scalar, cases, property), { ...chance(12), examples });
  });

  test("makes a transaction whose sender is the key's address", () => {
    const transaction = Transaction.from({ chainId: 1, nonce: 7, to: null, data: "0x00" });
    const hash = hex(transaction.unsignedHash.slice(2));
    const own = signed(secret, hash);

    transaction.signature = read(der(own.r, ORDER - own.s), hash);

    expect(transaction.from).toBe(computeAddress(new SigningKey(secret)));
  });

  test.each([
    { what: "another digest", key: secret, hash: hex("33".repeat(32)) },
    { what: "another key", key: hex("44".repeat(32)), hash: digest },
  ])("of $what is refused", ({ key, hash }) => {
    const own = signed(key, hash);

    expect(() => read(der(own.r, own.s), digest)).toThrow("another key or to another digest");
  });

  const rs = Buffer.concat([integer(r), integer(s)]);
  const R = integer(r);
  const S = integer(s);
  const sequence = (body: Buffer, length = body.length) =>
    Buffer.concat([Buffer.of(0x30, length), body]);
  const long = (part: Buffer) =>
    Buffer.concat([Buffer.of(2, (part[1] ?? 0) + 1, 0), part.subarray(2)]);
  const negative = (part: Buffer) => {
    const bytes = part.subarray(part[2] === 0 ? 3 : 2);
    return Buffer.concat([Buffer.of(2, bytes.length, 0x80 | (bytes[0] ?? 0)), bytes.subarray(1)]);
  };

  test.each([
    { what: "nothing at all", bytes: Buffer.alloc(0) },
    { what: "r and s alone", bytes: rs },
    { what: "64 bytes of r and s", bytes: Buffer.from(signed(secret, digest).toBytes("compact")) },
    { what: "a set in place of a sequence", bytes: Buffer.from([0x31, ...der(r, s).subarray(1)]) },
    { what: "a byte too few", bytes: der(r, s).subarray(0, -1) },
    { what: "a byte behind it", bytes: Buffer.concat([der(r, s), Buffer.of(0)]) },
    { what: "a byte behind s inside of it", bytes: sequence(Buffer.concat([rs, Buffer.of(0)])) },
    { what: "a third integer", bytes: sequence(Buffer.concat([rs, integer(1n)])) },
    { what: "only one integer", bytes: sequence(R) },
    { what: "a length longer than it is", bytes: sequence(rs, rs.length + 1) },
    { what: "a length shorter than it is", bytes: sequence(rs, rs.length - 1) },
    {
      what: "a length in two bytes",
      bytes: Buffer.concat([Buffer.of(0x30, 0x81, rs.length), rs]),
    },
    {
      what: "an indefinite length",
      bytes: Buffer.concat([Buffer.of(0x30, 0x80), rs, hex("0000")]),
    },
    { what: "a padded r", bytes: sequence(Buffer.concat([long(R), S])) },
    { what: "a padded s", bytes: sequence(Buffer.concat([R, long(S)])) },
    { what: "a negative r", bytes: sequence(Buffer.concat([negative(R), S])) },
    { what: "a negative s", bytes: sequence(Buffer.concat([R, negative(S)])) },
    { what: "an empty r", bytes: sequence(Buffer.concat([hex("0200"), S])) },
    { what: "r = 0", bytes: der(0n, s) },
    { what: "s = 0", bytes: der(r, 0n) },
    { what: "r beyond the order", bytes: der(r + ORDER, s) },
    { what: "r = the order", bytes: der(ORDER, s) },
    { what: "s = the order", bytes: der(r, ORDER) },
    { what: "r as octets", bytes: sequence(Buffer.concat([Buffer.of(4), R.subarray(1), S])) },
  ])("that is $what is refused", ({ bytes }) => {
    expect(() => read(bytes, digest)).toThrow(/^DER: |^The signature /);
  });

  test("that nobody made is refused, whatever its bytes are", () => {
    const property = (bytes: Uint8Array) => {
      expect(() => read(bytes, digest)).toThrow(/^DER: |^The signature /);
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), property), chance(200));
  });

  test("changed in one bit of any byte is refused", () => {
    const good = der(r, s);
    for (let index = 0; index < good.length; index += 1) {
      const bad = Buffer.from(good);
      bad[index] = (bad[index] ?? 0) ^ (1 << (index % 8));
      expect(() => read(bad, digest)).toThrow(/^DER: |^The signature /);
    }
  });
});
