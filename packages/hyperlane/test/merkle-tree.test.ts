import { concat, keccak256 } from "ethers";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { inserted, isNewest, pathOfNext, rootOf, type Tree } from "../src/index.ts";

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

test("a tree tells whether a leaf is its newest", () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 32 }), leaf, (leaves, other) => {
      const tree = leaves.reduce<Tree>(inserted, { branch: [], count: 0 });
      const last = leaves.at(-1) as string;
      expect(isNewest(tree, last)).toBe(true);
      expect(isNewest(tree, other)).toBe(other === last);
      for (const one of leaves.slice(0, -1)) expect(isNewest(tree, one)).toBe(one === last);
    }),
    chance(30),
  );
});

test("an empty tree has no newest leaf", () => {
  expect(isNewest({ branch: [], count: 0 }, NOTHING)).toBe(false);
});

/** As a mailbox's module does it. */
function rootBy(path: readonly string[], leaf: string, index: number): string {
  return path.reduce((node, other, height) => {
    const isRight = Math.floor(index / 2 ** height) % 2 === 1;
    return keccak256(concat(isRight ? [other, node] : [node, other]));
  }, leaf);
}

test("a leaf's neighbours lead from it to the root that it made", () => {
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 32 }), (leaves) => {
      const last = leaves.at(-1) as string;
      const before = leaves.slice(0, -1).reduce<Tree>(inserted, { branch: [], count: 0 });
      const root = rootBy(pathOfNext(before), last, before.count);
      expect(root).toBe(rootOf(inserted(before, last)));
    }),
    chance(30),
  );
});
