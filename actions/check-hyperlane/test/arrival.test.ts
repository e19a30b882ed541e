import { type Address, type Hex, RpcError } from "@playbook/evm";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { lookout } from "../src/arrival.ts";
import type { Station } from "../src/station.ts";

const id = `0x${"2".repeat(64)}` as Hex;
const hash = `0x${"3".repeat(64)}` as Hex;
const mailbox = `0x${"1".repeat(40)}` as Address;
const by = `0x${"9".repeat(40)}` as Address;

const word = (value: number) => `0x${value.toString(16).padStart(64, "0")}`;

/** A node that shows events of so many blocks at once, and refuses whoever asks for more. */
class Node {
  head = 0;
  /** The block that has the delivery. */
  at = Infinity;
  /** How many blocks it was asked for in vain. */
  refused = 0;
  readonly most: number;
  isIndexed = true;

  constructor(most: number) {
    this.most = most;
  }

  send = async (method: string, ...params: unknown[]): Promise<unknown> => {
    if (method === "eth_blockNumber") return `0x${this.head.toString(16)}`;
    if (method === "eth_call") return word(Number(params[1]) >= this.at ? 1 : 0);
    if (method === "eth_getLogs") return this.#logs(params[0] as { fromBlock: Hex; toBlock: Hex });
    if (method === "eth_getTransactionByHash") return { from: by };
    if (method === "eth_getBlockByNumber") return { timestamp: "0x64" };
    throw new Error(`There is no ${method}`);
  };

  #logs({ fromBlock, toBlock }: { fromBlock: Hex; toBlock: Hex }) {
    const [first, last] = [Number(fromBlock), Number(toBlock)];
    if (last - first >= this.most) {
      this.refused += 1;
      throw new RpcError(-32005, `${this.most} blocks at most`);
    }
    const isIn = this.isIndexed && first <= this.at && this.at <= last;
    return isIn ? [{ transactionHash: hash, blockNumber: `0x${this.at.toString(16)}` }] : [];
  }
}

const stationOf = (node: Node, block: number) =>
  ({ name: "two", rpc: node, mailbox, planned: { block } }) as unknown as Station;

const ARRIVED = { hash, by, at: 100_000 };

test("a delivery is found by a node of any limit, whenever it is looked for", async () => {
  const steps = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 300 }),
      steps,
      async (most, at, growth) => {
        const node = new Node(most);
        Object.assign(node, { head: 1_000, at: 1_000 + at });
        const look = lookout(id, stationOf(node, 1_000));
        for (const blocks of growth) {
          node.head += blocks;
          expect(await look()).toEqual(node.head >= node.at ? ARRIVED : null);
        }
      },
    ),
    chance(),
  );
});

test("who looks often enough is refused nothing", async () => {
  const node = new Node(10);
  Object.assign(node, { head: 5, at: 2_000 });
  const look = lookout(id, stationOf(node, 5));
  while (node.head < node.at) {
    node.head += 9;
    await look();
  }
  expect(await look()).toEqual(ARRIVED);
  expect(node.refused).toBe(0);
});

test("a delivery that a reorganisation brings into an older block is found", async () => {
  const node = new Node(10);
  node.head = 500;
  const look = lookout(id, stationOf(node, 100));
  expect(await look()).toBeNull();
  node.at = 420;
  node.head = 501;
  expect(await look()).toEqual(ARRIVED);
  node.head = 480;
  expect(await look()).toEqual(ARRIVED);
});

test("a node that has it and shows no event of it is told of, and nothing is called missing", async () => {
  const node = new Node(10);
  Object.assign(node, { head: 50, at: 40, isIndexed: false });
  const seen = await lookout(id, stationOf(node, 30))();
  expect(seen).toMatchObject({ chain: "two", why: expect.stringContaining("does not show") });
});

test("a node that refuses even one block is not asked for each", async () => {
  const node = new Node(0);
  Object.assign(node, { head: 4_000, at: 3_000 });
  await expect(lookout(id, stationOf(node, 30))()).rejects.toThrow("0 blocks at most");
  expect(node.refused).toBeLessThan(15);
});
