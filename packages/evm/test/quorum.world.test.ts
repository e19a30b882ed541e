import { type Clock, realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import type { Store } from "@playbook/state";
import type { Chain, RpcProxy, Rule } from "@playbook/world";
import { hostOf } from "../src/index.ts";
import type { Rig } from "./rig.ts";
import { calls, faults, mining, planOn, SEND, stage } from "./stage.ts";

/** Three nodes in front of one chain. What two of them say counts. */
const { chain, rigAt } = stage({
  usual: { id: 31 },
  final: { id: 32, mining: "manual", finalizedAfter: 4, reorgPeriod: "finalized" },
});

type Fields = Record<string, unknown>;
type Lie = Pick<Rule, "method" | "where"> & { as: (result: never) => unknown };

async function threeNodes(of: Chain): Promise<[RpcProxy, RpcProxy, RpcProxy]> {
  return [await of.node(), await of.node(), await of.node()];
}

const urlsOf = (nodes: RpcProxy[]) => nodes.map(({ url }) => url);

function lie(node: RpcProxy | undefined, { as, ...where }: Lie): void {
  const action = { kind: "lie", as: as as (result: unknown) => unknown } as const;
  node?.chaos.rule({ ...where, times: Number.POSITIVE_INFINITY, action });
}

const RECEIPT = "eth_getTransactionReceipt";
const COUNT = "eth_getTransactionCount";
const BLOCK = "eth_getBlockByNumber";
const tagged = (tag: string) => (call: { params: unknown[] }) => call.params[0] === tag;
const more = (by: number) => (count: string) => `0x${(Number(count) + by).toString(16)}`;
const found = (over: Fields) => (result: Fields | null) => result && { ...result, ...over };

/** A receipt for whatever is asked about. */
const invented = (result: Fields | null) =>
  result ?? {
    ...{ transactionHash: `0x${"00".repeat(32)}`, blockNumber: "0x1", blockHash: "0x1" },
    ...{ status: "0x1", gasUsed: "0x1", effectiveGasPrice: "0x1", contractAddress: null },
  };

test.each<[string, Lie, string | null]>([
  [
    "says that what succeeded has failed",
    { method: RECEIPT, as: found({ status: "0x0" }) },
    RECEIPT,
  ],
  ["has receipts from other blocks", { method: RECEIPT, as: found({ blockHash: "0x1" }) }, RECEIPT],
  ["invents receipts", { method: RECEIPT, as: invented }, null],
  ["has no receipts", { method: RECEIPT, as: () => null }, null],
  ["counts nonces that nobody used", { method: COUNT, as: more(5) }, null],
  ["counts no nonce", { method: COUNT, as: () => "0x0" }, null],
  ["is of another chain", { method: "eth_chainId", as: () => "0x99" }, "eth_chainId"],
  [
    "has another genesis",
    { method: BLOCK, where: tagged("0x0"), as: found({ hash: "0x99" }) },
    BLOCK,
  ],
  [
    "has a head of its own",
    { method: BLOCK, where: tagged("latest"), as: found({ number: "0xffff" }) },
    null,
  ],
  [
    "stands at an old head",
    { method: BLOCK, where: tagged("latest"), as: found({ number: "0x1" }) },
    null,
  ],
  [
    "takes bytes and calls them by a wrong hash",
    { method: SEND, as: () => `0x${"00".repeat(32)}` },
    null,
  ],
])("a node of three that %s is outvoted", async (_, falsehood, named) => {
  const rig = await rigAt("usual");
  const nodes = await threeNodes(rig.chain);
  lie(nodes[0], falsehood);
  const plan = planOn(rig, calls(4));

  const { context } = await rig.run(plan, { urls: urlsOf(nodes) });

  expect(await faults(rig, plan)).toEqual([]);
  expect(await rig.chain.nonce(rig.key.address)).toBe(5);
  const host = hostOf(nodes[0].url);
  if (named) {
    expect(context.warnings).toContainEqual(
      expect.stringContaining(`${host} contradicts the other RPC endpoints on ${named}`),
    );
  }
  for (const warning of context.warnings) expect(warning).toContain(host);
});

test("bytes that a node takes and forgets get to the chain by the others", async () => {
  const rig = await rigAt("usual");
  const nodes = await threeNodes(rig.chain);
  const swallow = { times: Number.POSITIVE_INFINITY, action: { kind: "swallow" } } as const;
  for (const node of nodes.slice(0, 2)) node.chaos.rule({ method: SEND, ...swallow });
  const plan = planOn(rig, calls(4));

  expect((await rig.run(plan, { urls: urlsOf(nodes) })).sent).toBe(5);

  expect(await faults(rig, plan)).toEqual([]);
});

test("a forged final block settles nothing", async () => {
  const rig = await rigAt("final");
  const nodes = await threeNodes(rig.chain);
  lie(nodes[1], { method: BLOCK, where: tagged("finalized"), as: found({ number: "0xffff" }) });
  const plan = planOn(rig, calls(2));

  const settled: { block: number; final: number }[] = [];
  const store: Store = {
    ...rig.store,
    create: async (key, bytes) => {
      const entry = JSON.parse(Buffer.from(bytes).toString());
      for (const { block } of entry.settlements ?? []) {
        const final = await rig.chain.send<{ number: string }>(BLOCK, ["finalized", false]);
        settled.push({ block, final: Number(final.number) });
      }
      return rig.store.create(key, bytes);
    },
  };
  await mining(rig, plan, { urls: urlsOf(nodes), store });

  expect(settled).toHaveLength(3);
  for (const { block, final } of settled) expect(block).toBeLessThanOrEqual(final);
  expect(await faults(rig, plan)).toEqual([]);
});

test("a node that dies in the middle is not missed", async () => {
  const rig = await rigAt("usual");
  const nodes = await threeNodes(rig.chain);
  const plan = planOn(rig, calls(6));
  const dead = { times: Number.POSITIVE_INFINITY, action: { kind: "drop" } } as const;
  nodes[0].chaos.rule({ nth: 12, ...dead });

  const { context } = await rig.run(plan, { urls: urlsOf(nodes) });

  expect(await faults(rig, plan)).toEqual([]);
  expect(context.warnings).toEqual([]);
});

/** Waits between rounds as long as it takes to look again, which is no time. */
const clock: Clock = {
  ...realClock,
  sleep: (ms, signal) => realClock.sleep(Math.min(ms, 5), signal),
};

async function refused(rig: Rig, nodes: RpcProxy[]): Promise<{ code: string; why: string }> {
  const context = { ...contextForTests(), clock };
  const running = rig.run(planOn(rig, calls(2)), { urls: urlsOf(nodes), context });
  const error = await running.then(
    () => ({ code: "none", why: "" }),
    (error: { code: string; why: string }) => error,
  );
  expect(rig.key.signatures).toBe(0);
  expect(await rig.chain.nonce(rig.key.address)).toBe(0);
  return error;
}

describe("two of three that lie", () => {
  test.each<[string, [Lie, Lie], string]>([
    [
      "in two ways about the chain: nobody is believed",
      [
        { method: "eth_chainId", as: () => "0x98" },
        { method: "eth_chainId", as: () => "0x99" },
      ],
      "nodes-disagree",
    ],
    [
      "in one way about the chain",
      [
        { method: "eth_chainId", as: () => "0x99" },
        { method: "eth_chainId", as: () => "0x99" },
      ],
      "wrong-chain",
    ],
    [
      "about the chain's first block",
      [
        { method: BLOCK, where: tagged("0x0"), as: found({ hash: "0x98" }) },
        { method: BLOCK, where: tagged("0x0"), as: found({ hash: "0x99" }) },
      ],
      "nodes-disagree",
    ],
    [
      "about the key's nonce",
      [
        { method: COUNT, as: more(3) },
        { method: COUNT, as: more(3) },
      ],
      "key-used-before",
    ],
  ])("%s: it stops, and nothing is signed", async (_, [one, other], code) => {
    const rig = await rigAt("usual");
    const nodes = await threeNodes(chain("usual"));
    lie(nodes[0], one);
    lie(nodes[2], other);
    const error = await refused(rig, nodes);
    expect(error.code).toBe(code);
    if (code !== "nodes-disagree") return;
    for (const { url } of nodes) expect(error.why).toContain(hostOf(url));
  });
});

test("one URL behind which every third answer is yesterday's does not matter", async () => {
  const rig = await rigAt("usual");
  const behind = await rig.chain.node();
  let answers = 0;
  const where = () => answers++ % 3 === 1;
  behind.chaos.rule({
    method: COUNT,
    where,
    times: Number.POSITIVE_INFINITY,
    action: { kind: "stale", blocks: 3 },
  });
  const plan = planOn(rig, calls(8));

  await rig.run(plan, { urls: [behind.url] });

  expect(await faults(rig, plan)).toEqual([]);
});
