import type { Call } from "./call.ts";
import type { HttpReply } from "./request.ts";

/** Order of the group of secp256k1. */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * An ECDSA signature of secp256k1 (DER) with s in the half asked for. Both halves verify: KMS
 * gives either, Ethereum takes the lower one only.
 */
export function withS(signature: Buffer, half: "high" | "low"): Buffer {
  const [r, s] = readDer(signature);
  const isHigh = s > N / 2n;
  return writeDer(r, isHigh === (half === "high") ? s : N - s);
}

/** Reads SEQUENCE { INTEGER r, INTEGER s } of less than 128 bytes. */
export function readDer(der: Buffer): [r: bigint, s: bigint] {
  const rEnd = 4 + (der[3] ?? 0);
  const sEnd = rEnd + 2 + (der[rEnd + 1] ?? 0);
  if (der[0] !== 0x30 || der[2] !== 2 || der[rEnd] !== 2 || sEnd !== der.length) {
    throw new Error("not a signature in DER");
  }
  return [number(der.subarray(4, rEnd)), number(der.subarray(rEnd + 2, sEnd))];
}

export function writeDer(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function number(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex")}`);
}

/** A leading zero keeps the highest bit from being read as a sign. */
function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const signed = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([2, signed.length]), signed]);
}

/**
 * Gives every other signature of KMS with a high s, beginning with the first: real ones are so
 * about half of the time, and here no test depends on luck.
 */
export function alternatingS(): (call: Call, reply: HttpReply) => HttpReply {
  let signed = 0;
  return (call, reply) => {
    if (call.service !== "kms" || call.operation !== "Sign" || reply.status !== 200) return reply;
    const answer = JSON.parse(reply.body.toString("utf8")) as { Signature: string };
    const signature = Buffer.from(answer.Signature, "base64");
    if (call.params.SigningAlgorithm !== "ECDSA_SHA_256") return reply;

    signed += 1;
    const half = signed % 2 === 1 ? "high" : "low";
    const flipped = { ...answer, Signature: withS(signature, half).toString("base64") };
    return { ...reply, body: Buffer.from(JSON.stringify(flipped)) };
  };
}
