// Signs 32 bytes with the network key that lies beside it: ECDSA over secp256k1, its nonce by RFC
// 6979, its s in the lower half. It runs in a pod of its own, with that validator's identity; what
// it prints is all that leaves it. It is given as text to `node --eval`, so it imports nothing else.
import { createECDH, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const { SIGNER_KEY = "", SIGNER_PUBLIC_KEY, SIGNER_DIGEST } = process.env;

const key = readFileSync(SIGNER_KEY);
if (key.length !== 32) fail(`${SIGNER_KEY} has ${key.length} bytes and not the 32 of a raw key.`);
if (`0x${publicKeyOf(key)}` !== SIGNER_PUBLIC_KEY)
  fail(`The key is not that of ${SIGNER_PUBLIC_KEY}.`);
console.log(JSON.stringify(sign(Buffer.from(SIGNER_DIGEST.slice(2), "hex"))));

function sign(digest) {
  const [secret, message] = [numberOf(key), numberOf(digest) % ORDER];
  for (const nonce of nonces(message)) {
    const point = publicKeyOf(bytesOf(nonce));
    const r = BigInt(`0x${point.slice(2)}`);
    const s = (inverse(nonce) * (message + r * secret)) % ORDER;
    if (r >= ORDER || r === 0n || s === 0n) continue;
    const odd = point.startsWith("03");
    const high = s > ORDER / 2n;
    return { r: hex(r), s: hex(high ? ORDER - s : s), yParity: odd === high ? 0 : 1 };
  }
}

/** RFC 6979, 3.2, with HMAC-SHA-256: the same signature whenever the same is asked for. */
function* nonces(message) {
  const seed = Buffer.concat([key, bytesOf(message)]);
  let k = Buffer.alloc(32, 0);
  let v = Buffer.alloc(32, 1);
  for (const mark of [0, 1]) {
    k = hmac(k, v, Buffer.of(mark), seed);
    v = hmac(k, v);
  }
  for (;;) {
    v = hmac(k, v);
    const nonce = numberOf(v);
    if (nonce > 0n && nonce < ORDER) yield nonce;
    k = hmac(k, v, Buffer.of(0));
    v = hmac(k, v);
  }
}

/** A multiple of the curve's generator, compressed, by OpenSSL. */
function publicKeyOf(bytes) {
  const curve = createECDH("secp256k1");
  curve.setPrivateKey(bytes);
  return curve.getPublicKey("hex", "compressed");
}

/** By Fermat: a to the power of ORDER - 2. */
function inverse(a) {
  let [result, base, rest] = [1n, a % ORDER, ORDER - 2n];
  while (rest > 0n) {
    if (rest & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
    rest >>= 1n;
  }
  return result;
}

function hmac(secret, ...parts) {
  return parts.reduce((made, part) => made.update(part), createHmac("sha256", secret)).digest();
}

function numberOf(bytes) {
  return BigInt(`0x${bytes.toString("hex")}`);
}

function bytesOf(number) {
  return Buffer.from(number.toString(16).padStart(64, "0"), "hex");
}

function hex(number) {
  return `0x${number.toString(16).padStart(64, "0")}`;
}

/** With the exit code of what would end alike another time. */
function fail(why) {
  console.error(`sign: ${why}`);
  process.exit(42);
}
