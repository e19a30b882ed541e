import { observe, whoUsed } from "../src/broadcaster/observe.ts";
import { Endpoint, type Hex, Rpc } from "../src/index.ts";
import { answering, by, type Node, Refusal } from "./answering.ts";
import { hashOf, ledgerOf, type Open, SIGNER } from "./standing.ts";

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

describe("a look at a chain on which two of three transactions are in block 9", () => {
  let ledger: Open;
  beforeAll(async () => {
    ledger = await ledgerOf(3, 3);
  });

  type Says = { latest?: string; pending?: string; atHead?: unknown; unknown?: unknown };

  /** What a node says, and what it is asked; `receipts` are given by the nonces. */
  async function nodeSaying(receipts: number[][], says: Says = {}) {
    const { latest = "0x2", pending = "0x3", atHead = "0x2", unknown = null } = says;
    const counts: Record<string, unknown> = { latest, pending };
    let time = 0;
    const there = (hash: Hex, nonces: number[]) =>
      nonces.some((nonce) => hashOf(ledger, nonce) === hash)
        ? { transactionHash: hash, blockNumber: "0x9", status: "0x1", gasUsed: "0x5208" }
        : unknown;
    const node = await answering((asked) => {
      const nonces = receipts[Math.min(time, receipts.length - 1)] ?? [];
      if (asked.some(({ method }) => method === "eth_getTransactionReceipt")) time += 1;
      return by({
        eth_getBlockByNumber: () => ({ number: "0xa", gasLimit: "0x1", baseFeePerGas: "0x1" }),
        eth_gasPrice: "0x1",
        eth_maxPriorityFeePerGas: "0x1",
        eth_getTransactionCount: (_: string, tag: string) => counts[tag] ?? atHead,
        eth_getTransactionReceipt: (hash: Hex) => there(hash, nonces),
      })(asked);
    });
    nodes.push(node);
    return node;
  }

  type Over = { handed?: number; isExact?: boolean; finality?: number };

  async function lookAt(node: Node, { finality = 0, ...over }: Over = {}) {
    const endpoint = new Endpoint(new Rpc([node.url]));
    await endpoint.now();
    node.asked.length = 0;
    const asking = { look: 1, known: new Map(), handed: 3, isExact: false, ...over };
    const { nonce, pending, receipts } = await observe(endpoint, ledger, finality, asking);
    return { nonce, pending, mined: [...receipts.keys()], requests: node.asked.length };
  }

  const mined = (...nonces: number[]) => nonces.map((nonce) => hashOf(ledger, nonce));

  test("is one request when receipts, count and pool bear each other out", async () => {
    const node = await nodeSaying([[0, 1]]);
    expect(await lookAt(node)).toEqual({ nonce: 2, pending: 3, mined: mined(0, 1), requests: 1 });
  });

  test("is one request to a node that refuses to look for what is in no block yet", async () => {
    const refusal = new Refusal(-32000, "transaction indexing is in progress");
    const node = await nodeSaying([[0, 1]], { unknown: refusal });
    expect(await lookAt(node)).toMatchObject({ mined: mined(0, 1), requests: 1 });
  });

  test("asks again for receipts that the count of the head's block demands", async () => {
    const node = await nodeSaying([[0], [1]]);
    expect(await lookAt(node)).toEqual({ nonce: 2, pending: 3, mined: mined(0, 1), requests: 3 });
  });

  test("takes a block that came in between for the next look", async () => {
    const node = await nodeSaying([[0]], { latest: "0x2", atHead: "0x1" });
    expect(await lookAt(node)).toMatchObject({ nonce: 1, mined: mined(0) });
  });

  test("does not believe a node that counts less than it took", async () => {
    const node = await nodeSaying([[], [0, 1]], { latest: "0x0", pending: "0x0" });
    expect(await lookAt(node)).toMatchObject({ nonce: 2, pending: 2, mined: mined(0, 1) });
  });

  test("is refused by a node that has not got the block at which it is asked to count", async () => {
    const atHead = new Refusal(-32000, "header not found");
    const node = await nodeSaying([[]], { latest: "0x0", pending: "0x0", atHead });
    await expect(lookAt(node)).rejects.toThrow("header not found");
  });

  test("always counts as of the head for who may take an old answer for a new one", async () => {
    const node = await nodeSaying([[0, 1]]);
    expect(await lookAt(node, { isExact: true })).toMatchObject({ nonce: 2, requests: 2 });
  });

  test("asks once more for receipts of final blocks: they may be older than the head", async () => {
    const node = await nodeSaying([[0, 1]]);
    const seen = await lookAt(node, { finality: 1 });
    expect(seen).toEqual({ nonce: 2, pending: 3, mined: mined(0, 1), requests: 2 });
  });

  test("does not take for final what was taken back before the head came", async () => {
    const node = await nodeSaying([[0, 1], [0]], { atHead: "0x1" });
    expect(await lookAt(node, { finality: 1 })).toMatchObject({ nonce: 1, mined: mined(0) });
  });

  test("asks no more than once for receipts that are not final yet", async () => {
    const node = await nodeSaying([[0, 1]]);
    expect(await lookAt(node, { finality: 2 })).toMatchObject({ requests: 1 });
  });

  test("asks no more for receipts that are final", async () => {
    const node = await nodeSaying([[1]]);
    const endpoint = new Endpoint(new Rpc([node.url]));
    const [hash] = mined(0) as [Hex];
    const paid = { gasUsed: 1, price: 1n, dataFee: 0n, contract: null };
    const known = new Map([[hash, { hash, block: 8, succeeded: true, ...paid }]]);
    const asking = { look: 1, known, handed: 3, isExact: false };
    expect((await observe(endpoint, ledger, 0, asking)).nonce).toBe(2);
    const asked = node.asked.flat().filter(({ method }) => method === "eth_getTransactionReceipt");
    expect(asked.map(({ params }) => params[0])).toEqual(mined(1, 2));
  });
});
