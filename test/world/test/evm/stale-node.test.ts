import { asSeenFrom, blockOf, withBlock } from "../../src/evm/stale-node.ts";

const call = (method: string, ...params: unknown[]) => ({ method, params });

test.each([
  { asked: call("eth_getBalance", "0xaa", "pending"), block: "pending" },
  { asked: call("eth_getBalance", "0xaa"), block: "latest" },
  { asked: call("eth_getStorageAt", "0xaa", "0x0", "0x7"), block: "0x7" },
  { asked: call("eth_getBlockByNumber", "finalized", false), block: "finalized" },
  { asked: call("eth_call", {}, { blockHash: "0xab" }), block: undefined },
  { asked: call("eth_chainId"), block: undefined },
])("$asked.method with $asked.params means block $block", ({ asked, block }) => {
  expect(blockOf(asked)).toBe(block);
});

test("a call about another block changes in nothing else", () => {
  const asked = call("eth_getTransactionCount", "0xaa");

  expect(withBlock(asked, 26)).toEqual(call("eth_getTransactionCount", "0xaa", "0x1a"));
  expect(asked.params).toEqual(["0xaa"]);
});

test.each([
  {
    says: "its own height",
    asked: call("eth_blockNumber"),
    result: "0x14",
    seen: "0x10",
  },
  {
    says: "no receipt of a newer block",
    asked: call("eth_getTransactionReceipt", "0x1"),
    result: { blockNumber: "0x11" },
    seen: null,
  },
  {
    says: "a receipt of its newest block",
    asked: call("eth_getTransactionReceipt", "0x1"),
    result: { blockNumber: "0x10" },
    seen: { blockNumber: "0x10" },
  },
  {
    says: "a transaction that waits",
    asked: call("eth_getTransactionByHash", "0x1"),
    result: { blockNumber: null },
    seen: { blockNumber: null },
  },
  {
    says: "what has no height",
    asked: call("eth_chainId"),
    result: "0x1",
    seen: "0x1",
  },
])("a node at block 16 shows $says", ({ asked, result, seen }) => {
  expect(asSeenFrom(16, asked, { result })).toEqual({ result: seen });
});
