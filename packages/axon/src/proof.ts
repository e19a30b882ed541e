import { bls12_381 } from "@noble/curves/bls12-381.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { z } from "zod";
import { bytes, count, readAnswer } from "./answer.ts";
import { bytesOf, type Hex } from "./hex.ts";

const proof = z.object({
  number: count,
  round: count,
  proposal_hash: bytes,
  signature: bytes,
  bitmap: bytes,
});

/**
 * That a block was voted for: which block, in which round, and by whom. A block's header has the
 * proof of the block before it. Lists no more voters than reached two thirds of the weight.
 */
export type Proof = z.output<typeof proof>;

/** Of a validator, what a proof is read by. */
type Signer = { pub_key: Hex; bls_pub_key: Hex };

/** What the votes are hashed to the curve with, in Axon and nowhere else. */
const DOMAIN = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RONUL";

const PRECOMMIT = 2n;

/**
 * Reads `axon_getProofById`, which has none of a block that there is not. Throws `bad-axon-answer`.
 */
export function readProof(answer: unknown): Proof | undefined {
  return readAnswer("axon_getProofById", answer, proof.nullable()) ?? undefined;
}

/**
 * Who has signed, out of the validators of that block's metadata. The bits go from each byte's
 * highest to its lowest. Overlord sorts the validators by their addresses' bytes, and what it is
 * given for an address is the public key.
 */
export function votersOf<Of extends Signer>({ bitmap }: Pick<Proof, "bitmap">, validators: Of[]) {
  const bits = bytesOf(bitmap);
  const sorted = [...validators].sort((one, other) => compare(one.pub_key, other.pub_key));
  return sorted.filter((_, at) => (((bits[at >> 3] ?? 0) >> (7 - (at % 8))) & 1) === 1);
}

function compare(one: Hex, other: Hex): number {
  return Buffer.compare(bytesOf(one), bytesOf(other));
}

/** Whether those whom a proof names have signed it, all of them: no node can make that up. */
export function isSigned(proof: Proof, validators: Signer[]): boolean {
  const { Signature, aggregatePublicKeys, hash, verify } = bls12_381.longSignatures;
  const voters = votersOf(proof, validators).map((voter) => bytesOf(voter.bls_pub_key));
  if (voters.length === 0) return false;
  try {
    const vote = hash(keccak_256(voteOf(proof)), DOMAIN);
    return verify(Signature.fromBytes(bytesOf(proof.signature)), vote, aggregatePublicKeys(voters));
  } catch {
    return false;
  }
}

/** The vote that was signed: a list in RLP. */
function voteOf({ number, round, proposal_hash }: Proof): Uint8Array {
  const items = [item(number), item(round), item(PRECOMMIT), item(proposal_hash)];
  const content = Buffer.concat(items);
  return Buffer.concat([Buffer.from([0xc0 + content.length]), content]);
}

/** RLP of at most 55 bytes; a number has no zeros before it. */
function item(value: bigint | Hex): Buffer {
  const digits =
    typeof value === "string" ? value.slice(2) : value === 0n ? "" : value.toString(16);
  const content = Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
  const alone = content.length === 1 && (content[0] ?? 0) < 0x80;
  return alone ? content : Buffer.concat([Buffer.from([0x80 + content.length]), content]);
}
