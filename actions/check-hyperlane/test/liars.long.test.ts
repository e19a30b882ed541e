import { signedIn } from "../../../packages/hyperlane/test/network.ts";
import { contractOf, type Site } from "../../../packages/hyperlane/test/site.ts";
import { account } from "../../../packages/hyperlane/test/wishes.ts";
import { nameOf } from "../src/journey.ts";
import { openStage, type Stage, withPatienceUntil } from "./stage.ts";

let stage: Stage;
let here: Site;
beforeAll(async () => {
  stage = await openStage([5, 10012]);
  [here] = stage.sites as [Site];
}, 600_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** Nobody relays here: a message is well when it is relayed no further than that. */
const ROUTE = { origin: "chain5", destination: "chain10012" };

type As = (result: unknown) => unknown;

const hex = (number: number) => `0x${number.toString(16)}`;

/** A node's word for how many blocks there are, off by some, wherever it says it. */
const heightOff = (by: number): Record<string, As> => ({
  eth_blockNumber: (result) => hex(Number(result) + by),
  eth_getBlockByNumber: (result) => {
    const block = result as { number: string };
    return { ...block, number: hex(Number(block.number) + by) };
  },
});

const nonce = (count: number): Record<string, As> => ({
  eth_getTransactionCount: () => hex(count),
});

/** What looks like one number may be what a message costs. */
const priced: As = (result) =>
  /^0x\w{64}$/.test(String(result)) ? `0x${(10n ** 21n).toString(16).padStart(64, "0")}` : result;

/** Nodes of which the first lies: it is the one that is asked what one node may say. */
async function nodesWith(count: number, lies: Record<string, As>, { chain }: Site = here) {
  const nodes = await Promise.all(Array.from({ length: count }, () => chain.node()));
  for (const [method, as] of Object.entries(lies)) {
    nodes[0]?.chaos.rule({ method, times: Infinity, action: { kind: "lie", as } });
  }
  return nodes;
}

type Nodes = Awaited<ReturnType<typeof nodesWith>>;

async function leaves(): Promise<number> {
  const tree = contractOf(here, "merkleTreeHook", "MerkleTreeHook");
  return Number(await tree.getFunction("count").staticCall());
}

/** Sends through these nodes, until all have signed the message or there is none to wait for. */
async function sendThrough(nodes: Nodes, over: Parameters<Stage["check"]>[0] = {}) {
  const [, there] = stage.sites as [Site, Site];
  const before = await leaves();
  const signing = stage.network.validators[0] ?? [];
  const context = withPatienceUntil(async () => {
    if ((await leaves()) === before) return true;
    const all = signing.map(({ bucket }) => signedIn(stage.aws, bucket, before));
    return (await Promise.all(all)).every((text) => text !== undefined);
  });
  const rpcUrls = [...urlsOf(here, nodes), { name: there.chain.name, value: there.chain.url }];

  const report = await stage.check({ mode: "send", routes: [ROUTE], rpcUrls, ...over }, context);

  const state = (report.outputs.routes as Record<string, string>)[nameOf(ROUTE)];
  return { state, why: report.failure?.why ?? "", sent: (await leaves()) - before };
}

const urlsOf = ({ chain }: Site, nodes: Nodes) =>
  nodes.map(({ url }) => ({ name: chain.name, value: url }));

const QUEUED = { nonce: 99, words: "which has nonce 99, is in no block yet." };

test.each([
  ["nonces that are to come", nonce(QUEUED.nonce)],
  ["nonces that are spent", nonce(0)],
  ["blocks that there are not", heightOff(100)],
  ["fewer blocks than there are", heightOff(-3)],
  ["a price of a thousand coins", { eth_call: priced }],
  ["logs that there are not", { eth_getLogs: () => [] }],
])(
  "one of three nodes that tells %s changes nothing",
  async (_, lies) => {
    const { state, sent, why } = await sendThrough(await nodesWith(3, lies));

    expect({ state, sent, why }).toMatchObject({ state: "not relayed", sent: 1 });
    expect(why).toContain("Enough have signed it, and the mailbox would take it");
  },
  300_000,
);

test("one of three nodes of the destination that has relayers poor and messages refused changes nothing", async () => {
  const [, there] = stage.sites as [Site, Site];
  const relayer = account(78);
  await there.chain.setBalance(relayer, 10n ** 18n);
  const nodes = await nodesWith(3, { eth_getBalance: () => "0x0" }, there);
  const refuses = { kind: "error", code: 3, message: "execution reverted: no" } as const;
  nodes[0]?.chaos.rule({ method: "eth_call", times: Infinity, action: refuses });
  const rpcUrls = [{ name: here.chain.name, value: here.chain.url }, ...urlsOf(there, nodes)];

  const { state, why } = await sendThrough([], { rpcUrls, relayers: [relayer] });

  expect(state).toBe("not relayed");
  expect(why).toContain("Enough have signed it, and the mailbox would take it");
  expect(why).not.toContain("No relayer has coins");
}, 300_000);

test("of two nodes, one that is down is made up for, unless `quorum` asks for both", async () => {
  const nodes = await nodesWith(2, {});
  nodes[0]?.chaos.rule({ times: Infinity, action: { kind: "drop" } });

  const quorum = [{ name: here.chain.name, count: 2 }];
  expect(await sendThrough(nodes, { quorum })).toMatchObject({ state: "chain-away", sent: 0 });
  expect(await sendThrough(nodes)).toMatchObject({ state: "not relayed", sent: 1 });
}, 300_000);

test("the only node, with a nonce that is to come, keeps a message from being dispatched", async () => {
  const told = await sendThrough(await nodesWith(1, nonce(QUEUED.nonce)));
  expect(told).toMatchObject({ state: "not dispatched", sent: 0 });
  expect(told.why).toContain(QUEUED.words);

  expect(await sendThrough(await nodesWith(1, {}))).toMatchObject({
    state: "not relayed",
    sent: 1,
  });
}, 300_000);

test("the only node, with a nonce that is spent, is told by its host", async () => {
  const [node] = await nodesWith(1, nonce(0));
  if (!node) throw new Error("no node");

  const { state, why, sent } = await sendThrough([node]);

  expect({ state, sent }).toEqual({ state: "not dispatched", sent: 0 });
  const { host } = new URL(node.url);
  expect(why).toContain(`${host} told nonce 0 of the key, which is spent on chain5.`);
}, 300_000);

test("the only node, with blocks that there are not, is no node to send through", async () => {
  const { state, why, sent } = await sendThrough(await nodesWith(1, heightOff(100)));

  expect({ state, sent }).toEqual({ state: "chain-away", sent: 0 });
  expect(why).toContain("(chain-away)");
}, 300_000);

test("the only node, some blocks behind, is enough to send a message and follow it", async () => {
  const { state, sent } = await sendThrough(await nodesWith(1, heightOff(-3)));

  expect({ state, sent }).toEqual({ state: "not relayed", sent: 1 });
}, 300_000);

test.each([
  ["once", 1],
  ["each time", Infinity],
])(
  "a reply to the bytes that is lost %s sends no second message",
  async (_, times) => {
    const [node] = await nodesWith(1, {});
    const action = { kind: "lose-reply" } as const;
    node?.chaos.rule({ method: "eth_sendRawTransaction", times, action });

    expect(await sendThrough(node ? [node] : [])).toMatchObject({ state: "not relayed", sent: 1 });
  },
  300_000,
);

test("a message of which the node shows no receipt is told by its transaction", async () => {
  const [node] = await nodesWith(1, {});
  const action = { kind: "error", code: -32000, message: "the index is gone" } as const;
  node?.chaos.rule({ method: "eth_getTransactionReceipt", times: Infinity, action });

  const { state, why } = await sendThrough(node ? [node] : []);

  expect(state).toBe("not dispatched");
  expect(why).toMatch(/0x\w{64} was sent, and what became of it is not known: the index is gone/);
}, 300_000);
