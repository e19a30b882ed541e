import type { Address, Hex } from "@playbook/evm";
import { getAddress } from "ethers";
import type { Fork } from "./fork.ts";

/** A call within a transaction, as geth's `callTracer` tells it. */
export type Frame = {
  type: string;
  to?: string;
  input: Hex;
  error?: string;
  calls?: Frame[];
};

/** Accounts by address, as geth's `prestateTracer` tells them: before, or before and after. */
type Accounts = Record<string, Account>;
type Account = { balance?: Hex; nonce?: number; storage?: Record<string, Hex>; code?: Hex };
export type Prestate = Accounts;
export type Difference = { pre: Accounts; post: Accounts };

export type Trace = { calls: Frame; before: Prestate; difference: Difference };

/** What a transaction touched and changed of its chain's state. */
export type Footprint = { reads: Set<string>; writes: Set<string> };

/** How a mined transaction ran on the fork. Traces of many come in few round trips. */
export async function tracesOf({ rpc }: Fork, hashes: Hex[]): Promise<Trace[]> {
  const tracers = [
    { tracer: "callTracer" },
    { tracer: "prestateTracer", tracerConfig: { disableCode: true } },
    { tracer: "prestateTracer", tracerConfig: { diffMode: true, disableCode: true } },
  ];
  const calls = hashes.flatMap((hash) =>
    tracers.map((tracer) => ({ method: "debug_traceTransaction", params: [hash, tracer] })),
  );
  const results = (await rpc.all(calls)).map((outcome) => {
    if ("error" in outcome) throw outcome.error;
    return outcome.result;
  });
  return hashes.map((_, index) => {
    const [frame, before, difference] = results.slice(3 * index);
    return { calls: frame, before, difference } as Trace;
  });
}

export type Creation = { address: Address; code: Hex };

/** All contracts that a transaction made, in order, those inside of calls included. */
export function creationsOf(frame: Frame): Creation[] {
  if (frame.error !== undefined) return [];
  const inner = (frame.calls ?? []).flatMap(creationsOf);
  if (!/^CREATE2?$/.test(frame.type) || !frame.to) return inner;
  return [{ address: getAddress(frame.to) as Address, code: frame.input }, ...inner];
}

/**
 * Every account that a transaction called or made, in lower case, those inside of calls included.
 */
export function addressesIn({ to, error, calls = [] }: Frame): string[] {
  if (error !== undefined) return [];
  return [...(to ? [to.toLowerCase()] : []), ...calls.flatMap(addressesIn)];
}

/** Calldata of the transaction itself and of the calls that it makes to contracts older than it. */
export function callsToOthers(frame: Frame): Hex[] {
  const made = new Set(creationsOf(frame).map(({ address }) => address.toLowerCase()));
  const walk = ({ type, to, input, error, calls = [] }: Frame): Hex[] => {
    if (error !== undefined) return [];
    const counts = /CALL$/.test(type) && type !== "STATICCALL" && !made.has(to ?? "");
    return [...(counts ? [input] : []), ...calls.flatMap(walk)];
  };
  return walk(frame);
}

/**
 * What a transaction depends on and what depends on it: storage slots, the being there of
 * contracts, and balances where it spends or fills them. `ignored` are accounts that say nothing:
 * the sender, who is in all of them, and the CREATE2 factory, whose nonce nobody relies on.
 */
export function footprint({ before, difference }: Trace, ignored: Set<string>): Footprint {
  const reads = new Set<string>();
  const writes = new Set<string>();

  for (const [address, account] of entriesBut(before, ignored)) {
    reads.add(address);
    for (const slot of Object.keys(account.storage ?? {})) reads.add(`${address}:${slot}`);
  }
  const { pre, post } = difference;
  for (const [address] of entriesBut({ ...pre, ...post }, ignored)) {
    const [old, now] = [pre[address] ?? {}, post[address] ?? {}];
    for (const slot of Object.keys({ ...old.storage, ...now.storage })) {
      writes.add(`${address}:${slot}`);
    }
    if (now.nonce !== undefined && now.nonce !== old.nonce) writes.add(address);
    if (now.balance === undefined) continue;
    if (BigInt(now.balance) > BigInt(old.balance ?? 0)) writes.add(`${address}:balance`);
    else reads.add(`${address}:balance`);
  }
  return { reads, writes };
}

function entriesBut(accounts: Accounts, ignored: Set<string>): [string, Account][] {
  return Object.entries(accounts).filter(([address]) => !ignored.has(address));
}
