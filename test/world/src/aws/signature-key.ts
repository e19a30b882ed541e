import { createECDH, createHmac, createPublicKey, verify } from "node:crypto";

const LABEL = "AWS4-ECDSA-P256-SHA256";
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Whether the text was signed with the key on P-256 that belongs to a secret access key. */
export function fitsKeyOf(accessKeyId: string, secret: string, text: string, hex: string): boolean {
  const { x, y } = publicPoint(privateKey(accessKeyId, secret));
  const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  return verify("sha256", Buffer.from(text), key, Buffer.from(hex, "hex"));
}

/**
 * NIST's key derivation by counter, as SigV4A has it: the first number that is a private key of the
 * curve.
 */
function privateKey(accessKeyId: string, secret: string): Buffer {
  for (let counter = 1; counter < 255; counter += 1) {
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from(LABEL),
      Buffer.from([0]),
      Buffer.from(accessKeyId),
      Buffer.from([counter]),
      Buffer.from([0, 0, 1, 0]),
    ]);
    const candidate = BigInt(
      `0x${createHmac("sha256", `AWS4A${secret}`).update(input).digest("hex")}`,
    );
    if (candidate <= ORDER - 2n) {
      return Buffer.from((candidate + 1n).toString(16).padStart(64, "0"), "hex");
    }
  }
  throw new Error("no key on P-256 follows from this secret");
}

function publicPoint(key: Buffer): { x: string; y: string } {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(key);
  const point = curve.getPublicKey();
  const coordinate = (from: number) => point.subarray(from, from + 32).toString("base64url");
  return { x: coordinate(1), y: coordinate(33) };
}
