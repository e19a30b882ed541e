import { contextForTests } from "@playbook/action/testing";
import type { Quorums } from "@playbook/broadcast";
import type { Source } from "@playbook/hyperlane";
import { answering, by, type Node, Refusal } from "../../../packages/evm/test/answering.ts";
import { runtimeOf } from "../../../packages/hyperlane/src/contract.ts";
import { planOne } from "../src/plan/plan-one.ts";

const OWNER = `0x${"1".repeat(40)}` as const;

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

const block = { number: "0x1", hash: `0x${"0".repeat(64)}`, gasLimit: "0x1c9c380" };

/** A node that says this number of its chain, and has nothing on it. */
const answersOf = (eth_chainId: string) => ({
  ...{ eth_chainId, eth_blockNumber: "0x1", eth_getBlockByNumber: block },
  ...{ eth_getTransactionCount: "0x0", eth_gasPrice: "0x1", eth_getCode: "0x", eth_call: "0x" },
});

/** Plans chain 5 through nodes that say these numbers of it, and what else they say. */
async function planned(
  ids: readonly string[],
  quorum: Quorums = [],
  said: object = {},
  known: object = {},
) {
  const own = await Promise.all(ids.map((id) => answering(by({ ...answersOf(id), ...said }))));
  nodes.push(...own);
  const hook = { type: "merkleTreeHook" };
  const ism = { type: "testIsm" };
  const source = {
    chain: { name: "five", chainId: 5, rpcUrls: [], blocks: {}, transactionOverrides: {} },
    config: { owner: OWNER, defaultIsm: ism, defaultHook: hook, requiredHook: hook },
    configText: "",
    metadata: {},
    known,
  } as unknown as Source;
  const rpcUrls = own.map(({ url }) => ({ name: "five", value: url }));
  const inputs = { repository: "acme/five", environment: "test", commit: null, rpcUrls, quorum };
  return planOne(source, { five: 5 }, { ...inputs, sender: OWNER }, contextForTests());
}

test("a chain is planned by what its nodes say alike, and not by the first that answers", async () => {
  await expect(planned(["0x5", "0x7", "0x7"])).rejects.toMatchObject({ code: "wrong-chain" });
});

test("as many have to agree as are asked for", async () => {
  await expect(planned(["0x5", "0x5"], [{ name: "five", count: 3 }])).rejects.toMatchObject({
    code: "too-few-endpoints",
  });
});

test("what a node refuses to say is told by the node's own words", async () => {
  const said = { eth_getCode: new Refusal(-32000, "missing trie node") };

  await expect(planned(["0x5"], [], said)).rejects.toMatchObject({
    code: "rpc-refused",
    what: expect.stringContaining("of five"),
    why: expect.stringContaining("missing trie node"),
  });
});

test("a node behind its address that lags for a moment leaves no chain out", async () => {
  let asked = 0;
  const eth_getCode = () => {
    asked += 1;
    return asked < 5 ? new Refusal(-32000, "header not found") : "0x";
  };

  expect(await planned(["0x5"], [], { eth_getCode })).toMatchObject({
    entry: { name: "five" },
    plan: { steps: expect.any(Array) },
  });
});

describe("a node that answers nothing of what stands there", () => {
  const testRecipient = `0x${"2".repeat(40)}`;
  const refused = (asked: string, answer: string) => ({
    code: "rpc-refused",
    what: expect.stringMatching(/^127\.0\.0\.1:\d+ .* of five\.$/),
    why: expect.stringContaining(`${asked}, it says ${answer}`),
    next: expect.stringMatching(/in sync.*in the registry/),
  });

  test("leaves its chain out, and is told by what it was asked", async () => {
    const eth_getCode = (of: string) => (of === testRecipient ? runtimeOf("TestRecipient") : "0x");

    await expect(planned(["0x5"], [], { eth_getCode }, { testRecipient })).rejects.toMatchObject(
      refused(`Asked for owner() of the TestRecipient ${testRecipient}`, '"0x"'),
    );
  });

  test("does so where it answers null, too", async () => {
    const said = { eth_getCode: null };

    await expect(planned(["0x5"], [], said, { testRecipient })).rejects.toMatchObject(
      refused("Asked for eth_getCode of 0x4e59b44847b379578588920cA78FbF26c0B4956C", "null"),
    );
  });
});

describe("whether a chain can run the contracts", () => {
  const PUSH0 = "5f";
  type Call = { to?: string; data: string };
  /** A node that says this of code that it is to try, and nothing of anything else. */
  const trying = (said: (code: string) => unknown) => ({
    eth_call: ({ to, data }: Call) => (to ? "0x" : said(data.slice(2))),
  });

  test.each(["invalid opcode: PUSH0", "EVM error: NotActivated", "evm error: InvalidCode(95)"])(
    "is known by a node's words: %s",
    async (words) => {
      const said = trying((code) => (code.startsWith(PUSH0) ? new Refusal(-32000, words) : "0x"));

      await expect(planned(["0x5"], [], said)).rejects.toMatchObject({
        code: "chain-too-old",
        why: expect.stringContaining(words),
      });
    },
  );

  test("is known, whatever the words, where older code runs and this does not", async () => {
    const said = trying((code) => {
      return code.startsWith(PUSH0) ? new Refusal(-32603, "Internal error") : "0x";
    });

    await expect(planned(["0x5"], [], said)).rejects.toMatchObject({ code: "chain-too-old" });
  });

  test("is not known where a node tries no code at all", async () => {
    const said = trying(() => new Refusal(-32601, "contract creation is not allowed"));

    await expect(planned(["0x5"], [], said)).rejects.toMatchObject({
      code: "rpc-refused",
      why: expect.stringContaining("contract creation is not allowed"),
    });
  });

  test("is asked again where a node lags for a moment", async () => {
    let asked = 0;
    const said = trying(() => {
      asked += 1;
      return asked < 4 ? new Refusal(-32000, "header not found") : "0x";
    });

    expect(await planned(["0x5"], [], said)).toMatchObject({ entry: { name: "five" } });
  });
});
