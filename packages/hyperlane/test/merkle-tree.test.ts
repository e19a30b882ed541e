import { concat, keccak256 } from "ethers";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { inserted, rootOf, type Tree } from "../src/index.ts";

const NOTHING = `0x${"0".repeat(64)}`;

/** By the definition: a tree of this height over all leaves. */
function rootOver(leaves: readonly string[], height: number): string {
  if (height === 0) return leaves[0] ?? NOTHING;
  const half = 2 ** (height - 1);
  return keccak256(
    concat([rootOver(leaves.slice(0, half), height - 1), rootOver(leaves.slice(half), height - 1)]),
  );
}

/** The same with nothing to its right, up to the whole height. */
function whole(leaves: readonly string[]): string {
  let root = rootOver(leaves, 5);
  let empty = rootOver([], 5);
  for (let height = 5; height < 32; height += 1) {
    root = keccak256(concat([root, empty]));
    empty = keccak256(concat([empty, empty]));
  }
  return root;
}

const leaf = fc.stringMatching(/^[0-9a-f]{64}$/).map((text) => `0x${text}`);

test("a tree that grew leaf by leaf has the root of all its leaves", () => {
  fc.assert(
    fc.property(fc.array(leaf, { maxLength: 32 }), (leaves) => {
      const tree = leaves.reduce<Tree>(inserted, { branch: [], count: 0 });
      expect(rootOf(tree)).toBe(whole(leaves));
    }),
    chance(30),
  );
});
