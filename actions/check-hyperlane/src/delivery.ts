import type { Address, Hex } from "@playbook/evm";
import { interfaceOf } from "@playbook/hyperlane";
import { dataLength, dataSlice } from "ethers";
import type { Route } from "./journey.ts";
import { isLost } from "./lost.ts";
import { type Relaying, relayersOf } from "./relaying.ts";
import type { Station } from "./station.ts";

/** So many blocks back does a node know accounts that is no archive. */
const BLOCKS = 128;

/** What a relayer paid for bringing a message, or for bringing one that was not taken. */
export type Delivery = { relayer: Address; origin: number; gas: number; hasArrived: boolean };

/** Gas that relayers spent on a route. */
export type Spent = {
  route: Route;
  delivered: number;
  gas: number;
  /** Of deliveries that reverted: mostly because another was first. */
  reverted: number;
  wasted: number;
};

type Sent = { from: Address; to: Address | null; input: Hex; hash: Hex };

/**
 * What relayers spent on each route in the newest blocks of its destination; less where a node does
 * not say.
 */
export async function spentBy(
  relayers: readonly Relaying[],
  routes: readonly Route[],
  stations: readonly Station[],
): Promise<Spent[]> {
  const names = new Map(stations.map(({ name, domain }) => [domain, name]));
  const all = stations.map(async (end) => {
    const ending = routes.filter(({ destination }) => destination === end.name);
    const own = relayersOf(relayers, ending);
    const deliveries = own.length > 0 ? await deliveriesOn(end, own).catch(noneIfLost) : [];
    return spentOn(end.name, deliveries, names);
  });
  return (await Promise.all(all)).flat();
}

function noneIfLost(error: unknown): Delivery[] {
  if (isLost(error)) return [];
  throw error;
}

/** Each route to a destination, from the deliveries there. */
export function spentOn(
  destination: string,
  deliveries: readonly Delivery[],
  names: ReadonlyMap<number, string>,
): Spent[] {
  const origins = [...new Set(deliveries.map(({ origin }) => origin))].sort((a, b) => a - b);
  const gasOf = (some: Delivery[]) => some.reduce((sum, { gas }) => sum + gas, 0);
  return origins.map((domain) => {
    const own = deliveries.filter(({ origin }) => origin === domain);
    const arrived = own.filter(({ hasArrived }) => hasArrived);
    const reverted = own.filter(({ hasArrived }) => !hasArrived);
    return {
      route: { origin: names.get(domain) ?? `domain ${domain}`, destination },
      ...{ delivered: arrived.length, gas: gasOf(arrived) },
      ...{ reverted: reverted.length, wasted: gasOf(reverted) },
    };
  });
}

/**
 * What relayers told a mailbox themselves. Reverted transactions leave no event: the blocks that
 * have any are found by the relayers' nonces, in 2 requests for each that sent nothing and some 7
 * for each block; then each block, and each receipt.
 */
async function deliveriesOn(
  { rpc, mailbox }: Station,
  relayers: readonly Address[],
): Promise<Delivery[]> {
  const head = Number(await rpc.send<Hex>("eth_blockNumber"));
  const first = Math.max(0, head - BLOCKS + 1);
  const heights = relayers.map((relayer) =>
    risesOf(
      async (height) =>
        Number(await rpc.send<Hex>("eth_getTransactionCount", relayer, tagOf(height))),
      first,
      head,
    ),
  );
  const all = [...new Set((await Promise.all(heights)).flat())];
  const blocks = await Promise.all(
    all.map((height) =>
      rpc.send<{ transactions: Sent[] } | null>("eth_getBlockByNumber", tagOf(height), true),
    ),
  );
  const sent = blocks.flatMap((block) => block?.transactions ?? []);
  const told = await Promise.all(
    sent.map(async ({ from, to, input, hash }) => {
      const relayer = relayers.find((one) => isSame(one, from));
      const origin = to && isSame(to, mailbox) ? originIn(input) : undefined;
      if (!relayer || origin === undefined) return [];
      type Receipt = { status: Hex; gasUsed: Hex } | null;
      const receipt = await rpc.send<Receipt>("eth_getTransactionReceipt", hash);
      if (!receipt) return [];
      const hasArrived = receipt.status === "0x1";
      return [{ relayer, origin, gas: Number(receipt.gasUsed), hasArrived }];
    }),
  );
  return told.flat();
}

/** The heights after `first`, up to `last`, at which a count that never falls has risen. */
export async function risesOf(
  countAt: (height: number) => Promise<number>,
  first: number,
  last: number,
): Promise<number[]> {
  const between = async (low: Counted, high: Counted): Promise<number[]> => {
    if (low.count === high.count) return [];
    if (high.height - low.height <= 1) return [high.height];
    const height = Math.floor((low.height + high.height) / 2);
    const middle = { height, count: await countAt(height) };
    return (await Promise.all([between(low, middle), between(middle, high)])).flat();
  };
  const [before, after] = await Promise.all([countAt(first), countAt(last)]);
  return between({ height: first, count: before }, { height: last, count: after });
}

type Counted = { height: number; count: number };

/** The domain that a delivered message is from; undefined for any other call. */
function originIn(input: Hex): number | undefined {
  const call = interfaceOf("Mailbox").parseTransaction({ data: input });
  if (call?.name !== "process") return undefined;
  // A message begins with its version, a byte, and its nonce, four.
  const message = call.args[1];
  return dataLength(message) < 9 ? undefined : Number(dataSlice(message, 5, 9));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function tagOf(height: number): string {
  return `0x${height.toString(16)}`;
}
