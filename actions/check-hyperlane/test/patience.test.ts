import { contextForTests } from "@playbook/action/testing";
import type { Address, Hex } from "@playbook/evm";
import { follow } from "../src/follow.ts";
import { type Station, settlingOf } from "../src/station.ts";

const MINUTE = 60_000;

test.each([
  [{ reorgPeriod: "finalized" }, 20 * MINUTE],
  [{ reorgPeriod: 256, estimateBlockTime: 2 }, 512_000],
  [{ reorgPeriod: 5 }, MINUTE],
  [{}, 12_000],
  [{ reorgPeriod: 0, estimateBlockTime: 2 }, 0],
  [{ reorgPeriod: 100_000, estimateBlockTime: 1 }, 20 * MINUTE],
])("validators may sign what is settled by %j after %d ms", (blocks, expected) => {
  expect(settlingOf({ confirmations: 1, ...blocks })).toBe(expected);
});

const word = `0x${"2".repeat(64)}` as Hex;

/** Follows a message that arrives after so many minutes, with a patience of ten. */
async function followed(minutes: number, reorgPeriod: number | string) {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const send = async (method: string) => {
    if (method === "eth_blockNumber") return "0x2";
    if (method === "eth_call") {
      return `0x${(now >= minutes * MINUTE ? 1 : 0).toString().padStart(64, "0")}`;
    }
    if (method === "eth_getLogs") return [{ transactionHash: word, blockNumber: "0x2" }];
    return { from: word.slice(0, 42), timestamp: "0x1" };
  };
  const mailbox = word.slice(0, 42) as Address;
  const settling = settlingOf({ confirmations: 1, reorgPeriod });
  const station = { name: "one", rpc: { send }, mailbox, planned: { block: 1 }, settling };
  const ends = { origin: station, end: station } as unknown as { origin: Station; end: Station };
  const route = { origin: "one", destination: "two" };
  const sent = { hash: word, at: 0, id: word, bytes: word, place: null };
  const inputs = { routes: [route], relayers: [], least: [], patience: 10 * MINUTE };
  const context = contextForTests({ clock: { now: () => now, sleep } });
  const { delivered } = await follow({ route, sent, refusal: null }, ends, inputs, context);
  return { hasArrived: delivered !== null, minutes: now / MINUTE };
}

test("a message that waits for finality is followed until it is over, and as long as the patience", async () => {
  expect(await followed(25, "finalized")).toEqual({ hasArrived: true, minutes: 25 });
  expect(await followed(40, "finalized")).toEqual({ hasArrived: false, minutes: 30 });
  expect(await followed(25, 0)).toEqual({ hasArrived: false, minutes: 10 });
});
