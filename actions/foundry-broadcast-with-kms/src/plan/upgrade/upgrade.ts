import { type Address, Endpoint, type Hex } from "@playbook/evm";
import { getAddress, id, toBeHex } from "ethers";
import { selector, wordOf } from "../../rights/question.ts";
import type { Fork } from "../fork.ts";
import type { Happened } from "../simulation.ts";
import type { Difference, Trace } from "../trace.ts";

/** A proxy or a beacon that got another implementation; `from` is null for one that is new. */
export type Change = { subject: Address; from: Address | null; to: Address };

export type Upgrade = Change & { fork: Fork };

/** ERC-1967: where a proxy keeps its implementation. */
export const IMPLEMENTATION_SLOT = toBeHex(BigInt(id("eip1967.proxy.implementation")) - 1n, 32);

/** What ERC-1967 has proxies and beacons say; a beacon has no slot that all makes agree on. */
const UPGRADED = id("Upgraded(address)");

/** All upgrades of a release, in the order in which they happened on the forks. */
export async function upgradesOf(
  happened: Happened[],
  traces: Map<Happened, Trace>,
): Promise<Upgrade[]> {
  const found = happened.map(async (one) => {
    const { difference } = traces.get(one) as Trace;
    const proxies = slotChanges(difference);
    const seen = new Set(proxies.map(({ subject }) => subject));
    const beacons = await beaconChanges(one, difference, seen);
    return [...proxies, ...beacons].map((change) => ({ ...change, fork: one.fork }));
  });
  return (await Promise.all(found)).flat();
}

/** Changes of the implementation slot, by what the transaction changed of the chain's state. */
export function slotChanges({ pre, post }: Difference): Change[] {
  return Object.keys(post).flatMap((account) => {
    const to = addressIn(post[account]?.storage?.[IMPLEMENTATION_SLOT]);
    if (!to) return [];
    const from = addressIn(pre[account]?.storage?.[IMPLEMENTATION_SLOT]) ?? null;
    return [{ subject: getAddress(account) as Address, from, to }];
  });
}

/** Contracts that call themselves upgraded and answer with another implementation than before. */
async function beaconChanges(
  { fork, mined }: Happened,
  { post }: Difference,
  proxies: Set<Address>,
): Promise<Change[]> {
  const { logs = [], blockNumber } = mined.receipt as { logs?: Log[]; blockNumber: Hex };
  const speakers = logs.filter(({ topics }) => topics[0] === UPGRADED);
  const subjects = [...new Set(speakers.map(({ address }) => getAddress(address) as Address))];
  const beacons = subjects.filter(
    (one) => !proxies.has(one) && post[one.toLowerCase()]?.storage !== undefined,
  );

  const endpoint = new Endpoint(fork.rpc);
  const calls = beacons.map((to) => ({ to, data: selector("implementation()") as Hex }));
  const [before, after] = await Promise.all([
    endpoint.answers(calls, Number(blockNumber) - 1),
    endpoint.answers(calls, Number(blockNumber)),
  ]);
  return beacons.flatMap((subject, at) => {
    const [from, to] = [addressIn(wordOf(before[at])), addressIn(wordOf(after[at]))];
    return to && to !== from ? [{ subject, from: from ?? null, to }] : [];
  });
}

type Log = { address: string; topics: string[] };

/** The account that a word holds; undefined for nothing. */
function addressIn(word: string | undefined): Address | undefined {
  if (word === undefined || BigInt(word) === 0n) return undefined;
  return getAddress(`0x${word.slice(2).padStart(64, "0").slice(-40)}`) as Address;
}
