import { whoUsed } from "../src/broadcaster/observe.ts";
import { Endpoint, Rpc } from "../src/index.ts";
import { answering, by, type Node, Refusal } from "./answering.ts";
import { SIGNER } from "./standing.ts";

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

/** A chain whose blocks have so many transactions of the signer up to each, from block 0 on. */
async function chainOf(counts: number[], prunedBelow = 0) {
  const hex = (value: number) => `0x${value.toString(16)}`;
  const upTo = (block: number) => (block < 0 ? 0 : (counts[block] as number));
  const node = await answering(
    by({
      eth_getTransactionCount: (_: string, tag: string) =>
        Number(tag) < prunedBelow
          ? new Refusal(-32000, "missing trie node")
          : hex(upTo(Number(tag))),
      eth_getBlockByNumber: (tag: string) => {
        const block = Number(tag);
        const [first, end] = [upTo(block - 1), upTo(block)];
        const transactions = Array.from({ length: end - first }, (_, index) => ({
          hash: `0xaa${first + index}`,
          from: SIGNER.toLowerCase(),
          nonce: hex(first + index),
        }));
        return { number: tag, transactions };
      },
    }),
  );
  nodes.push(node);
  return new Endpoint(new Rpc([node.url]));
}

const COUNTS = [0, 0, 1, 1, 3, 3, 3, 4];

test.each<[number, string, number]>([
  [0, "0xaa0", 2],
  [1, "0xaa1", 4],
  [2, "0xaa2", 4],
  [3, "0xaa3", 7],
])("who used nonce %i is found in the block in which it was", async (nonce, hash, block) => {
  const endpoint = await chainOf(COUNTS);
  expect(await whoUsed(endpoint, SIGNER, nonce, 0, 7)).toEqual({ hash, block });
});

test("is found also below where the ledger began to look: its block was taken back since", async () => {
  const endpoint = await chainOf(COUNTS);
  expect(await whoUsed(endpoint, SIGNER, 0, 5, 7)).toEqual({ hash: "0xaa0", block: 2 });
});

test("nobody, as far as the chain shows, is no proof of anything", async () => {
  const endpoint = await chainOf(COUNTS);
  expect(await whoUsed(endpoint, SIGNER, 4, 0, 7)).toBeUndefined();
});

test("cannot be told by a node that keeps no old states", async () => {
  const endpoint = await chainOf(COUNTS, 5);
  expect(await whoUsed(endpoint, SIGNER, 1, 0, 7)).toBeUndefined();
});
