import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { isSigned, type Proof, readProof, votersOf } from "../src/proof.ts";
import { PROOFS, VALIDATORS } from "./vectors.ts";

const [first, second] = PROOFS.map((answer) => readProof(answer) as Proof);

if (!first || !second) throw new Error("There are two proofs.");

test("a block's proof is read, and there is none of a block that there is not", () => {
  expect(first).toMatchObject({ number: 0xe7c2n, round: 0n, bitmap: "0xb0" });
  expect(readProof(null)).toBeUndefined();
});

test("what is no proof is refused with what is wrong with it", () => {
  expect(() => readProof({ ...PROOFS[0], bitmap: "b0" })).toThrow(
    expect.objectContaining({ code: "bad-axon-answer", why: expect.stringContaining("bitmap") }),
  );
});

test("the bits stand for the validators by public key, the highest bit first", () => {
  const [a, b, c, d] = [...VALIDATORS].sort((x, y) => (x.pub_key < y.pub_key ? -1 : 1));
  expect(votersOf(first, VALIDATORS)).toEqual([a, c, d]);
  expect(votersOf(second, VALIDATORS)).toEqual([b, c, d]);
});

test("the voters are those whose keys made the signature", () => {
  expect(isSigned(first, VALIDATORS)).toBe(true);
  expect(isSigned(second, [...VALIDATORS].reverse())).toBe(true);
});

test.each<[string, Partial<Proof>]>([
  ["other voters", { bitmap: "0xd0" }],
  ["no voters", { bitmap: "0x00" }],
  ["another block", { proposal_hash: second.proposal_hash }],
  ["another round", { round: 1n }],
  ["another height", { number: 0xe7c3n }],
  ["another proof's signature", { signature: second.signature }],
  ["a signature that is none", { signature: "0x00" }],
])("a proof with %s is not signed", (_, change) => {
  expect(isSigned({ ...first, ...change }, VALIDATORS)).toBe(false);
});

test("whoever signs, the bitmap says who, however many validators there are", () => {
  const keys = fc.uniqueArray(fc.uint8Array({ minLength: 33, maxLength: 33 }), {
    minLength: 1,
    maxLength: 30,
    selector: (key) => Buffer.from(key).toString("hex"),
  });
  const cases = keys.chain((all) => fc.tuple(fc.constant(all), fc.subarray(all)));
  fc.assert(
    fc.property(cases, ([all, signers]) => {
      const sorted = [...all].sort(Buffer.compare);
      const bitmap = Buffer.alloc(Math.ceil(all.length / 8));
      for (const [at, key] of sorted.entries()) {
        if (signers.includes(key)) bitmap[at >> 3] = (bitmap[at >> 3] ?? 0) | (128 >> (at % 8));
      }
      const validators = all.map((key) => ({
        pub_key: `0x${Buffer.from(key).toString("hex")}` as const,
        bls_pub_key: "0x" as const,
      }));
      const voters = votersOf({ bitmap: `0x${bitmap.toString("hex")}` }, validators);
      expect(new Set(voters.map((voter) => voter.pub_key))).toEqual(
        new Set(signers.map((key) => `0x${Buffer.from(key).toString("hex")}`)),
      );
    }),
    chance(),
  );
});
