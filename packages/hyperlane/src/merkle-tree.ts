import type { Hex } from "@playbook/evm";
import { concat, keccak256 } from "ethers";

const DEPTH = 32;
const NOTHING = `0x${"0".repeat(64)}`;

/** As a merkle tree hook keeps it: the left neighbours of its right edge. */
export type Tree = { branch: readonly string[]; count: number };

/** A tree with one leaf more. */
export function inserted({ branch, count }: Tree, leaf: string): Tree {
  const grown = [...branch];
  let node = leaf;
  let height = 0;
  for (let size = count + 1; size % 2 === 0; size /= 2) {
    node = joined(grown[height] ?? NOTHING, node);
    height += 1;
  }
  grown[height] = node;
  return { branch: grown, count: count + 1 };
}

/** Whether a leaf is the one that came last. What it was joined with is still in the branch. */
export function isNewest({ branch, count }: Tree, leaf: string): boolean {
  if (count === 0) return false;
  let node = leaf;
  let height = 0;
  for (let size = count; size % 2 === 0; size /= 2) {
    node = joined(branch[height] ?? NOTHING, node);
    height += 1;
  }
  return branch[height] === node;
}

export function rootOf({ branch, count }: Tree): Hex {
  let node = NOTHING;
  let empty = NOTHING;
  for (let height = 0; height < DEPTH; height += 1) {
    const isRight = Math.floor(count / 2 ** height) % 2 === 1;
    node = isRight ? joined(branch[height] ?? NOTHING, node) : joined(node, empty);
    empty = joined(empty, empty);
  }
  return node as Hex;
}

/** The neighbours of the next leaf on its way up to the root that the tree has with it. */
export function pathOfNext({ branch, count }: Tree): Hex[] {
  let empty = NOTHING;
  return Array.from({ length: DEPTH }, (_, height) => {
    const isRight = Math.floor(count / 2 ** height) % 2 === 1;
    const neighbour = isRight ? (branch[height] ?? NOTHING) : empty;
    empty = joined(empty, empty);
    return neighbour as Hex;
  });
}

function joined(left: string, right: string): string {
  return keccak256(concat([left, right]));
}
