import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { checksummed, generateKeyPair, isPeerId, peerIdOf, publicHalfOf } from "../src/keys.ts";
import { NODES } from "./vectors.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

test.each(NODES)("the public half of $peerId is what Axon's own libraries say", (node) => {
  const { net, bls, ...half } = node;
  expect(publicHalfOf({ net: bytes(net), bls: bytes(bls) })).toEqual(half);
});

/** Of Axon's tests of its BLS library. */
const BLS_KEYS = [
  [
    "37aa0f893d05914a4def0460c0a984d3611546cfb26924d7a7ca6e0db9950a2d",
    "ac85bbb40347b6e06ac2dc2da1f75eece029cdc0ed2d456c457d27e288bfbfbcd4c5c19716e9b250134a0e76ce50fa22",
  ],
  [
    "383fcff8683b8115e31613949be24254b4204ffbe43c227408a76334a2e3fb32",
    "91ed9f3c51c580e56948b1bda9d00c2159665f8a6e284191ab816ee64ef2487d78453a547a0f14efbf842bba5b5a3b4f",
  ],
  [
    "51ce21643b911347c5d5c85c323d9d5421810dc89f46b688720b2715f5e8e936",
    "92e5d0856fb20ea9cb5ab5da2d3331c38d32cc96507f6ad902fa3da9400096a485fb4e09834bc93de55db224f26c229c",
  ],
  [
    "69ff51f4c22f30615f68b88efa740f8f1b9169e88842b83d189748d06f1a948e",
    "a694f4e48a5a173b61731998f8f1204342dc5c8eb1e32cdae37415c20d11ae035ddac4a39f105e9c2d4d3691024d385d",
  ],
];

test.each(BLS_KEYS)("BLS key %s has blst's public key", (bls = "", blsPublicKey) => {
  const half = publicHalfOf({ net: bytes(NODES[0].net), bls: bytes(bls) });
  expect(half.blsPublicKey).toBe(`0x${blsPublicKey}`);
});

test("a pair that is made here is one that both curves take, and never the same", () => {
  const halves = Array.from({ length: 5 }, () => {
    const keys = generateKeyPair();
    expect([keys.net.length, keys.bls.length]).toEqual([32, 32]);
    return publicHalfOf(keys);
  });
  expect(new Set(halves.map(({ publicKey }) => publicKey)).size).toBe(5);
  expect(new Set(halves.map(({ blsPublicKey }) => blsPublicKey)).size).toBe(5);
  expect(halves.every(({ publicKey, peerId }) => peerIdOf(publicKey) === peerId)).toBe(true);
});

test.each([
  ["an empty key", ""],
  ["zero", "00".repeat(32)],
  ["more than the curve's order", "ff".repeat(32)],
  ["a key in text", Buffer.from("0x".padEnd(66, "1")).toString("hex")],
])("%s is no key, and the error does not quote it", (_, hex) => {
  const good = bytes(NODES[0].net);
  expect(() => publicHalfOf({ net: bytes(hex), bls: good })).toThrow(
    new RangeError("The network key is not 32 bytes that the curve takes for a key."),
  );
  expect(() => publicHalfOf({ net: good, bls: bytes(hex) })).toThrow(
    new RangeError("The BLS key is not 32 bytes that the curve takes for a key."),
  );
});

test("a peer id is a SHA-256 multihash in base58 and nothing else", () => {
  expect(isPeerId(NODES[0].peerId)).toBe(true);
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(isPeerId(text)).toBe(false);
    }),
    chance(),
  );
});

test("an address carries its checksum in its capitals", () => {
  const right = "0x35E70C3F5A794A77Efc2Ec5bA964BFfcC7Fd2C0a";
  expect(checksummed("0x35e70c3f5a794a77efc2ec5ba964bffcc7fd2c0a")).toBe(right);
});
