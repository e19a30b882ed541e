import { secp256k1 } from "@noble/curves/secp256k1.js";

/** An ECDSA signature as Ethereum takes it: `s` in the lower half, and the parity of R's y. */
export type RecoveredSignature = { r: `0x${string}`; s: `0x${string}`; yParity: 0 | 1 };

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** DER of SubjectPublicKeyInfo up to the point: id-ecPublicKey with secp256k1 (RFC 5480, SEC 2). */
const SPKI_PREFIX = Buffer.from("3056301006072a8648ce3d020106052b8104000a034200", "hex");
const POINT_LENGTH = 65;

/** The uncompressed point of a public key as KMS gives it. Throws when it is of another curve. */
export function pointOf(spki: Uint8Array): Uint8Array {
  const bytes = Buffer.from(spki);
  const prefix = bytes.subarray(0, SPKI_PREFIX.length);
  const point = bytes.subarray(SPKI_PREFIX.length);
  if (!prefix.equals(SPKI_PREFIX) || point.length !== POINT_LENGTH || point[0] !== 4) {
    throw new Error("It is no public key of secp256k1.");
  }
  secp256k1.Point.fromBytes(point);
  return point;
}

/** Turns KMS's signatures of digests into Ethereum's, for one key. */
export type SignatureReader = (der: Uint8Array, digest: Uint8Array) => RecoveredSignature;

/** Bits of the window in which the key's multiples are computed beforehand: measured, 6 is best. */
const WINDOW = 6;

/**
 * A reader of one key's signatures: strict DER, `s` in the lower half (EIP-2), and the parity of R.
 * R = z/s·G + r/s·Q is computed from the known key, which costs a third of recovering the key from
 * the signature and proves as much. It throws when R is another: then KMS signed another digest.
 */
export function signatureReader(publicKey: Uint8Array): SignatureReader {
  const { Point } = secp256k1;
  const field = Point.Fn;
  const key = Point.fromBytes(publicKey).precompute(WINDOW);

  return (der, digest) => {
    const { r, s: either } = readDer(Buffer.from(der));
    const s = either > ORDER / 2n ? ORDER - either : either;
    const z = field.create(BigInt(`0x${Buffer.from(digest).toString("hex")}`));
    const inverse = field.inv(s);
    const sum = Point.BASE.multiplyUnsafe(field.mul(z, inverse)).add(
      key.multiplyUnsafe(field.mul(r, inverse)),
    );
    const { x, y } = sum.toAffine();
    // Where x is beyond the order, r alone does not give R back; it happens once in 2^128.
    if (x !== r) throw new Error("The signature belongs to another key or to another digest.");
    return { r: word(r), s: word(s), yParity: y & 1n ? 1 : 0 };
  };
}

/** SEQUENCE of two INTEGERs with nothing around them (X.690, DER). */
function readDer(der: Buffer): { r: bigint; s: bigint } {
  const sequence = readTlv(der, 0, 0x30);
  const first = readTlv(der, sequence.start, 0x02);
  const second = readTlv(der, first.end, 0x02);
  if (sequence.end !== der.length || second.end !== der.length) {
    throw new Error("DER: bytes are left over.");
  }
  return { r: readInteger(der, first), s: readInteger(der, second) };
}

type Span = { start: number; end: number };

/** Lengths of two bytes do not occur: a signature has at most 72 bytes. */
function readTlv(der: Buffer, offset: number, tag: number): Span {
  const length = der[offset + 1];
  if (der[offset] !== tag || length === undefined || length > 0x7f) {
    throw new Error(`DER: no element of type ${tag} at ${offset}.`);
  }
  const start = offset + 2;
  if (start + length > der.length) throw new Error("DER: it ends too soon.");
  return { start, end: start + length };
}

function readInteger(der: Buffer, { start, end }: Span): bigint {
  const bytes = der.subarray(start, end);
  const [first = 0, second = 0] = bytes;
  const padded = first === 0 && bytes.length > 1 && second < 0x80;
  if (bytes.length === 0 || first >= 0x80 || padded) throw new Error("DER: no positive integer.");

  const value = BigInt(`0x${bytes.toString("hex")}`);
  if (value === 0n || value >= ORDER) throw new Error("The signature is out of range.");
  return value;
}

function word(value: bigint): `0x${string}` {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
