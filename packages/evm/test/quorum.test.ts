import { type Clock, realClock } from "@playbook/action";
import { keccak256 } from "ethers";
import { connect, hostOf, quorumOf, RpcUnreachable } from "../src/index.ts";
import { NodesDisagree } from "../src/quorum/disagree.ts";
import { answering, by, type Node, Refusal } from "./answering.ts";

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

type Answers = Parameters<typeof answering>[0];

/** Waits for late answers as it should, and between rounds not at all. */
const clock: Clock = {
  now: () => 0,
  sleep: (ms, signal) => (ms === 1_000 ? realClock.sleep(ms, signal) : Promise.resolve()),
};

/** A chain through as many nodes as there are answers. */
async function chain(answers: Answers[], quorum?: number) {
  const own = await Promise.all(answers.map((one) => answering(one)));
  nodes.push(...own);
  const warnings: string[] = [];
  const warn = (line: string) => warnings.push(line);
  const wire = connect(
    own.map(({ url }) => url),
    { chain: "alpha", quorum, clock, warn },
  );
  return { wire, own, warnings, hosts: own.map(({ url }) => hostOf(url)) };
}

const says = (results: Record<string, unknown>) => by(results);
const silent: Answers = { cut: true };
const raw = "0x02f86b";
const SEND = "eth_sendRawTransaction";

test.each([
  [1, undefined, { need: 1, least: 1 }],
  [2, undefined, { need: 2, least: 1 }],
  [3, undefined, { need: 2, least: 2 }],
  [4, undefined, { need: 3, least: 3 }],
  [5, undefined, { need: 3, least: 3 }],
  [2, 2, { need: 2, least: 2 }],
  [5, 1, { need: 1, least: 1 }],
])("of %d nodes, with the input %s, %o decide", (count, asked, expected) => {
  expect(quorumOf(count, asked)).toEqual(expected);
});

test("a quorum of more nodes than there are is refused by the input's name", async () => {
  await expect(chain([says({})], 2)).rejects.toMatchObject({
    code: "too-few-endpoints",
    why: expect.stringContaining("`quorum`"),
  });
});

describe("of three nodes", () => {
  test("one that lies is outvoted, and told of once by its host", async () => {
    const right = says({ eth_chainId: "0x5" });
    const { wire, warnings, hosts } = await chain([says({ eth_chainId: "0x7" }), right, right]);
    expect(await wire.send("eth_chainId")).toBe("0x5");
    expect(await wire.send("eth_chainId")).toBe("0x5");
    await wire.send("eth_call");
    expect(warnings).toEqual([
      `alpha: ${hosts[0]} contradicts the other RPC endpoints on eth_chainId, and is outvoted.`,
    ]);
  });

  test("three that say three things decide nothing; what they say is told by host", async () => {
    const { wire, hosts } = await chain(
      ["0x5", "0x6", "0x7"].map((id) => says({ eth_chainId: id })),
    );
    const failure = await wire.send("eth_chainId").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NodesDisagree);
    for (const host of hosts) expect(String(failure)).toContain(host);
  });

  test("two that come to agree are waited for", async () => {
    let asked = 0;
    const late = says({ eth_getCode: () => (asked++ > 2 ? "0x60" : "0x") });
    const { wire } = await chain([says({ eth_getCode: "0x60" }), late, silent]);
    expect(await wire.send("eth_getCode", "0xaa", "latest")).toBe("0x60");
    expect(asked).toBeGreaterThan(2);
  });

  test("one that is dead is no loss, and two are: nothing is decided by the last", async () => {
    const right = says({ eth_chainId: "0x5" });
    const one = await chain([silent, right, right]);
    expect(await one.wire.send("eth_chainId")).toBe("0x5");
    expect(one.warnings).toEqual([]);
    const two = await chain([silent, right, silent]);
    await expect(two.wire.send("eth_chainId")).rejects.toBeInstanceOf(RpcUnreachable);
  });

  test("what decides nothing is asked of one, and of the next when that is dead", async () => {
    const right = says({ eth_call: "0x1" });
    const { wire, own } = await chain([right, right, right]);
    expect(await wire.send("eth_call")).toBe("0x1");
    expect(own.map(({ asked }) => asked.length)).toEqual([1, 0, 0]);
    const other = await chain([silent, right, right]);
    expect(await other.wire.send("eth_call")).toBe("0x1");
  });

  test("what a contract says or has at a block decides, and one that lies about it is outvoted", async () => {
    const at = (word: string) =>
      says({ eth_call: word, eth_getStorageAt: word, eth_getBalance: word });
    const { wire, warnings } = await chain([at("0x2"), at("0x1"), at("0x1")]);
    expect(await wire.send("eth_call", { to: "0xaa", data: "0x" }, "0x9")).toBe("0x1");
    expect(await wire.send("eth_getStorageAt", "0xaa", "0x0", "0x9")).toBe("0x1");
    expect(await wire.send("eth_getBalance", "0xaa", "0x9")).toBe("0x1");
    expect(warnings).toHaveLength(3);
  });

  describe("logs", () => {
    const filter = { fromBlock: "0x1", toBlock: "latest" };
    const log = (data: string, more = {}) => ({
      ...{ address: "0xAA", topics: ["0x01"], data, blockHash: "0xb1", logIndex: "0x0" },
      ...more,
    });
    const has = (...logs: object[]) => says({ eth_getLogs: logs });
    const seen = async (...answers: Answers[]) => {
      const { wire, warnings } = await chain(answers);
      const data = (await wire.send<{ data: string }[]>("eth_getLogs", filter)).map(
        (one) => one.data,
      );
      return { data, warnings: warnings.length };
    };

    test("that one node invents are none", async () => {
      expect(await seen(has(log("0x1")), has(), has())).toEqual({ data: [], warnings: 0 });
    });

    test("that one node keeps back are there", async () => {
      const found = await seen(has(), has(log("0x1")), has(log("0x1")));
      expect(found).toEqual({ data: ["0x1"], warnings: 0 });
    });

    test("that one node changes are as the others have them, and it is told of", async () => {
      const found = await seen(has(log("0x2")), has(log("0x1")), has(log("0x1")));
      expect(found).toEqual({ data: ["0x1"], warnings: 1 });
    });

    test("are alike when nodes word them otherwise", async () => {
      const wordy = log("0x1", { address: "0xaa", blockTimestamp: "0x5" });
      expect(await seen(silent, has(log("0x1")), has(wordy))).toMatchObject({ data: ["0x1"] });
    });
  });

  test("a look is one batch to each", async () => {
    const look = says({ eth_chainId: "0x5", eth_getTransactionCount: "0x1", eth_call: "0x" });
    const { wire, own } = await chain([look, look, look]);
    await Promise.all([
      wire.send("eth_chainId"),
      wire.send("eth_getTransactionCount", "0xaa", "latest"),
      wire.all([{ method: "eth_call", params: [] }]),
    ]);
    expect(own.map(({ asked }) => asked.length)).toEqual([1, 1, 1]);
    expect(own.map(({ asked }) => [asked[0]].flat().length)).toEqual([3, 2, 2]);
  });

  test("nodes at different heights: the block that two have, by its number", async () => {
    const block = (number: string) => ({ number, hash: `0xb${number}`, gasLimit: "0x1" });
    const at = (head: string) =>
      says({ eth_getBlockByNumber: (tag: string) => block(tag === "latest" ? head : tag) });
    const { wire } = await chain([at("0x9"), at("0x8"), at("0x3")]);
    expect(await wire.send("eth_getBlockByNumber", "latest", false)).toEqual(block("0x8"));
  });

  test("a node that stays far behind is told of", async () => {
    const [at9, at3] = ["0x9", "0x3"].map((count) => says({ eth_getTransactionCount: count }));
    const { wire, warnings, hosts } = await chain([at9, at3, at9] as Answers[]);
    for (let look = 0; look < 9; look += 1) {
      expect(await wire.send("eth_getTransactionCount", "0xaa", "latest")).toBe("0x9");
    }
    expect(warnings).toEqual([expect.stringMatching(`alpha: ${hosts[1]} is far from .* lags`)]);
  });
});

describe("bytes", () => {
  test("go to all nodes, and are taken when one takes them", async () => {
    const takes = says({ [SEND]: keccak256(raw) });
    const refuses = says({ [SEND]: new Refusal(-32000, "txpool is full") });
    const { wire, own } = await chain([refuses, { body: "" }, takes]);
    expect(await wire.send(SEND, raw)).toBe(keccak256(raw));
    expect(own[0]?.asked).toHaveLength(1);
    expect(own[2]?.asked).toHaveLength(1);
  });

  test("are not taken by a node that calls them by another hash", async () => {
    const liar = says({ [SEND]: `0x${"00".repeat(32)}` });
    const takes = says({ [SEND]: keccak256(raw) });
    const { wire } = await chain([liar, liar, takes]);
    expect(await wire.send(SEND, raw)).toBe(keccak256(raw));
  });

  test("that all refuse are refused", async () => {
    const refuses = says({ [SEND]: new Refusal(-32000, "nonce too low") });
    const { wire } = await chain([refuses, refuses, refuses]);
    await expect(wire.send(SEND, raw)).rejects.toThrow("nonce too low");
  });
});

describe("of two nodes", () => {
  const right = says({ eth_chainId: "0x5" });

  test("both decide, while both answer", async () => {
    const { wire } = await chain([right, says({ eth_chainId: "0x6" })]);
    await expect(wire.send("eth_chainId")).rejects.toBeInstanceOf(NodesDisagree);
  });

  test("one goes on alone when the other is down, with a warning", async () => {
    const { wire, warnings, hosts } = await chain([silent, right]);
    expect(await wire.send("eth_chainId")).toBe("0x5");
    expect(warnings).toEqual([expect.stringContaining(`${hosts[1]} alone decides`)]);
  });

  test("one does not when the input demands both", async () => {
    const { wire } = await chain([silent, right], 2);
    await expect(wire.send("eth_chainId")).rejects.toBeInstanceOf(RpcUnreachable);
  });
});
