import { concat, keccak256 } from "ethers";

const DEPTH = 32;

/** The root of an empty tree of each height. */
const EMPTY = Array.from({ length: DEPTH }).reduce<string[]>(
  (roots) => [...roots, hashed(roots.at(-1) as string, roots.at(-1) as string)],
  [`0x${"0".repeat(64)}`],
);

/** The tree of a merkle tree hook, which only grows: the left neighbours of its right edge. */
export class MerkleTree {
  readonly #branch: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  insert(leaf: string): void {
    this.#count += 1;
    let node = leaf;
    let size = this.#count;
    let height = 0;
    for (; size % 2 === 0; size /= 2) {
      node = hashed(this.#branch[height] as string, node);
      height += 1;
    }
    this.#branch[height] = node;
  }

  root(): string {
    let node = EMPTY[0] as string;
    for (let height = 0; height < DEPTH; height += 1) {
      const isRight = Math.floor(this.#count / 2 ** height) % 2 === 1;
      node = isRight
        ? hashed(this.#branch[height] as string, node)
        : hashed(node, EMPTY[height] as string);
    }
    return node;
  }
}

function hashed(left: string, right: string): string {
  return keccak256(concat([left, right]));
}
