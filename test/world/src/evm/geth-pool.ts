import { keccak256, Transaction } from "ethers";
import {
  admit,
  type Candidate,
  gethLimits,
  type PoolChain,
  type PoolLimits,
  type PoolTransaction,
  type Sender,
} from "./pool-rules.ts";
import { ask, quantity, type RpcCall, type RpcReply, type Upstream } from "./rpc.ts";

/** Puts the rules of geth's transaction pool before an anvil, which is more lenient. */
export function gethPool(anvil: Upstream, limits: Partial<PoolLimits> = {}): Upstream {
  const all = { ...gethLimits, ...limits };
  const accepted: Accepted = new Map();
  let turn: Promise<unknown> = Promise.resolve();

  return (call) => {
    if (call.method !== "eth_sendRawTransaction") return anvil(call);
    // One at a time: a verdict holds only while nothing else gets into the pool.
    const verdict = turn.then(() => submit(anvil, call, all, accepted));
    turn = verdict.catch(() => {});
    return verdict;
  };
}

/** What was let in last, by sender and nonce: reading it back costs time for large ones. */
type Accepted = Map<string, PoolTransaction>;

async function submit(
  anvil: Upstream,
  call: RpcCall,
  limits: PoolLimits,
  accepted: Accepted,
): Promise<RpcReply> {
  const raw = String(call.params[0]);
  const transaction = decode(raw);
  // What is no transaction at all, anvil may say in its own words.
  if (!transaction?.from) return anvil(call);

  const incoming = candidate(raw, transaction);
  const [sender, chain] = await Promise.all([
    readSender(anvil, transaction.from, accepted),
    readChain(anvil),
  ]);
  const verdict = admit(incoming, sender, chain, limits);
  if (verdict.kind === "refuse") return { error: { code: -32000, message: verdict.message } };
  if (verdict.kind === "drop") return { result: incoming.hash };

  const reply = await anvil(call);
  if ("error" in reply) return reply;
  accepted.set(placeOf(transaction.from, incoming.nonce), incoming);
  for (const hash of verdict.evicted) await ask(anvil, "anvil_dropTransaction", hash);
  return reply;
}

const placeOf = (sender: string, nonce: number) => `${sender.toLowerCase()} ${nonce}`;

function decode(raw: string): Transaction | undefined {
  try {
    return Transaction.from(raw);
  } catch {
    return undefined;
  }
}

function candidate(raw: string, transaction: Transaction): Candidate {
  const { type, nonce, gasLimit, value, chainId, gasPrice } = transaction;
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  return {
    hash: keccak256(raw),
    type: type ?? 0,
    nonce,
    gas: gasLimit,
    value,
    chainId,
    size: raw.length / 2 - 1,
    maxFee: maxFeePerGas ?? gasPrice ?? 0n,
    tip: maxPriorityFeePerGas ?? gasPrice ?? 0n,
  };
}

async function readSender(anvil: Upstream, address: string, accepted: Accepted): Promise<Sender> {
  const [nonce, balance, waiting] = await Promise.all([
    ask<string>(anvil, "eth_getTransactionCount", address, "latest"),
    ask<string>(anvil, "eth_getBalance", address, "latest"),
    waitingNonces(anvil, address),
  ]);
  const pooled = waiting.map(
    async (nonce) => accepted.get(placeOf(address, nonce)) ?? readPooled(anvil, address, nonce),
  );
  return { nonce: Number(nonce), balance: BigInt(balance), pooled: await Promise.all(pooled) };
}

async function waitingNonces(anvil: Upstream, address: string): Promise<number[]> {
  const { pending, queued } = await ask<PoolInspection>(anvil, "txpool_inspect");
  const own = [pending, queued].map((part) => part[address.toLowerCase()] ?? {});
  return own.flatMap((byNonce) => Object.keys(byNonce).map(Number));
}

async function readChain(anvil: Upstream): Promise<PoolChain> {
  const [id, head] = await Promise.all([
    ask<string>(anvil, "eth_chainId"),
    ask<{ gasLimit: string; baseFeePerGas?: string }>(
      anvil,
      "eth_getBlockByNumber",
      "latest",
      false,
    ),
  ]);
  const hasBaseFee = head.baseFeePerGas !== undefined;
  return { id: BigInt(id), gasLimit: BigInt(head.gasLimit), hasBaseFee };
}

/** By sender (lower case), then by nonce. */
type PoolInspection = Record<"pending" | "queued", Record<string, Record<string, string>>>;

type PoolEntry = Record<"hash" | "nonce" | "gas" | "value", string> &
  Partial<Record<"gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas", string>>;

/** A transaction that came into the pool past the proxy. */
async function readPooled(
  anvil: Upstream,
  address: string,
  nonce: number,
): Promise<PoolTransaction> {
  const method = "eth_getTransactionBySenderAndNonce";
  const entry = await ask<PoolEntry>(anvil, method, address, quantity(nonce));
  return {
    hash: entry.hash,
    nonce,
    gas: BigInt(entry.gas),
    value: BigInt(entry.value),
    maxFee: BigInt(entry.maxFeePerGas ?? entry.gasPrice ?? 0),
    tip: BigInt(entry.maxPriorityFeePerGas ?? entry.gasPrice ?? 0),
  };
}
