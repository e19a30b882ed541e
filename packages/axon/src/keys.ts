import { bls12_381 } from "@noble/curves/bls12-381.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { base58 } from "@scure/base";
import { bytesOf, type Hex, toHex } from "./hex.ts";

/** Axon's key files are these bytes and nothing else. */
export const KEY_BYTES = 32;

/** What a multihash has before a SHA-256 digest. */
const SHA256_DIGEST = [0x12, 0x20];

/** Public keys in G1, signatures in G2: what blst calls `min_pk`. */
const bls = bls12_381.longSignatures;

/** Both private keys of a validator. They never leave the process that made or signs with them. */
export type KeyPair = { net: Uint8Array; bls: Uint8Array };

/** What everybody may know of a validator, as the chain spec and its peers name it. */
export type PublicHalf = { publicKey: Hex; blsPublicKey: Hex; address: Hex; peerId: string };

/** Makes a key pair in memory. */
export function generateKeyPair(): KeyPair {
  return { net: secp256k1.utils.randomSecretKey(), bls: bls12_381.utils.randomSecretKey() };
}

/** What is public of a key pair. Throws a `RangeError` that names the key which is none. */
export function publicHalfOf(keys: KeyPair): PublicHalf {
  const publicKey = derived("network key", () => secp256k1.getPublicKey(keys.net, true));
  const blsPublicKey = derived("BLS key", () => blsPublicKeyOf(keys.bls));
  return publicHalfFrom(toHex(publicKey), toHex(blsPublicKey));
}

/** The public keys that some bytes have, as a network key and as a BLS key: those that they are. */
export function publicKeysOf(bytes: Uint8Array): Hex[] {
  return [() => secp256k1.getPublicKey(bytes, true), () => blsPublicKeyOf(bytes)].flatMap(
    (derive) => {
      try {
        return [toHex(derive())];
      } catch {
        return [];
      }
    },
  );
}

/** The same from the two public keys. */
export function publicHalfFrom(publicKey: Hex, blsPublicKey: Hex): PublicHalf {
  return { publicKey, blsPublicKey, address: addressOf(publicKey), peerId: peerIdOf(publicKey) };
}

/** blst refuses what this library would take the remainder of. */
function blsPublicKeyOf(key: Uint8Array): Uint8Array {
  if (BigInt(toHex(key)) >= bls12_381.fields.Fr.ORDER) throw new RangeError();
  return bls.getPublicKey(key).toBytes(true);
}

/** The libraries' own messages are not passed on: they could quote the key. */
function derived(name: string, derive: () => Uint8Array): Uint8Array {
  try {
    return derive();
  } catch {
    throw new RangeError(`The ${name} is not ${KEY_BYTES} bytes that the curve takes for a key.`);
  }
}

/** The account of a compressed secp256k1 public key, in lower case as the RPC gives it. */
export function addressOf(publicKey: Hex): Hex {
  const point = secp256k1.Point.fromBytes(bytesOf(publicKey));
  const hash = keccak_256(point.toBytes(false).subarray(1));
  return toHex(hash.subarray(12));
}

/** The name of a validator among its peers. */
export function peerIdOf(publicKey: Hex): string {
  return base58.encode(Uint8Array.from([...SHA256_DIGEST, ...sha256(bytesOf(publicKey))]));
}

/** Whether Axon's network takes it for the name of a peer. */
export function isPeerId(text: string): boolean {
  try {
    const bytes = base58.decode(text);
    const [kind, length] = bytes;
    return kind === 0x12 && length === 0x20 && bytes.length === 2 + 0x20;
  } catch {
    return false;
  }
}

/** Whether it is a point of the curve in its compressed form. */
export function isPublicKey(hex: Hex): boolean {
  return bytesOf(hex).length === 33 && accepted(() => secp256k1.Point.fromBytes(bytesOf(hex)));
}

/** Whether it is a point of the group that signatures are verified in, compressed, and not zero. */
export function isBlsPublicKey(hex: Hex): boolean {
  return (
    bytesOf(hex).length === 48 &&
    accepted(() => pointOf(hex).assertValidity()) &&
    !pointOf(hex).is0()
  );
}

function pointOf(hex: Hex) {
  return bls12_381.G1.Point.fromBytes(bytesOf(hex));
}

function accepted(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** An address with the capitals that hold its checksum (EIP-55). */
export function checksummed(address: Hex): Hex {
  const digits = address.slice(2).toLowerCase();
  const hash = Buffer.from(keccak_256(Buffer.from(digits))).toString("hex");
  const letters = [...digits].map((digit, at) =>
    Number.parseInt(hash.charAt(at), 16) > 7 ? digit.toUpperCase() : digit,
  );
  return `0x${letters.join("")}`;
}
