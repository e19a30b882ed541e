import { Transaction } from "ethers";
import {
  admit,
  type Candidate,
  gethLimits,
  type PoolChain,
  type PoolLimits,
  type PoolTransaction,
  type Sender,
} from "./pool-rules.ts";
import { ask, type RpcCall, type RpcReply, type Upstream } from "./rpc.ts";

/** Puts the rules of geth's transaction pool before an anvil, which is more lenient. */
export function gethPool(anvil: Upstream, limits: Partial<PoolLimits> = {}): Upstream {
  const all = { ...gethLimits, ...limits };
  let turn: Promise<unknown> = Promise.resolve();

  return (call) => {
    if (call.method !== "eth_sendRawTransaction") return anvil(call);
    // One at a time: a verdict holds only while nothing else gets into the pool.
    const verdict = turn.then(() => submit(anvil, call, all));
    turn = verdict.catch(() => {});
    return verdict;
  };
}

async function submit(anvil: Upstream, call: RpcCall, limits: PoolLimits): Promise<RpcReply> {
  const transaction = decode(call.params[0]);
  // What is no transaction at all, anvil may say in its own words.
  if (!transaction?.from || !transaction.hash) return anvil(call);

  const [sender, chain] = await Promise.all([
    readSender(anvil, transaction.from),
    readChain(anvil),
  ]);
  const verdict = admit(candidate(transaction), sender, chain, limits);
  if (verdict.kind === "refuse") return { error: { code: -32000, message: verdict.message } };
  if (verdict.kind === "drop") return { result: transaction.hash };

  const reply = await anvil(call);
  if ("error" in reply) return reply;
  for (const hash of verdict.evicted) await ask(anvil, "anvil_dropTransaction", hash);
  return reply;
}

function decode(raw: unknown): Transaction | undefined {
  try {
    return Transaction.from(String(raw));
  } catch {
    return undefined;
  }
}

function candidate(transaction: Transaction): Candidate {
  const { hash, type, nonce, gasLimit, value, chainId, gasPrice, serialized } = transaction;
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  return {
    hash: hash ?? "",
    type: type ?? 0,
    nonce,
    gas: gasLimit,
    value,
    chainId,
    size: serialized.length / 2 - 1,
    maxFee: maxFeePerGas ?? gasPrice ?? 0n,
    tip: maxPriorityFeePerGas ?? gasPrice ?? 0n,
  };
}

async function readSender(anvil: Upstream, address: string): Promise<Sender> {
  const [nonce, balance, content] = await Promise.all([
    ask<string>(anvil, "eth_getTransactionCount", address, "latest"),
    ask<string>(anvil, "eth_getBalance", address, "latest"),
    ask<PoolContent>(anvil, "txpool_content"),
  ]);
  const own = ({ pending, queued }: PoolContent) =>
    [pending, queued].flatMap((part) => Object.values(part[address.toLowerCase()] ?? {}));
  return { nonce: Number(nonce), balance: BigInt(balance), pooled: own(content).map(pooled) };
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

/** As `txpool_content` has it: by sender (lower case), then by nonce. */
type PoolContent = Record<"pending" | "queued", Record<string, Record<string, PoolEntry>>>;

type PoolEntry = Record<"hash" | "nonce" | "gas" | "value", string> &
  Partial<Record<"gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas", string>>;

function pooled(entry: PoolEntry): PoolTransaction {
  return {
    hash: entry.hash,
    nonce: Number(entry.nonce),
    gas: BigInt(entry.gas),
    value: BigInt(entry.value),
    maxFee: BigInt(entry.maxFeePerGas ?? entry.gasPrice ?? 0),
    tip: BigInt(entry.maxPriorityFeePerGas ?? entry.gasPrice ?? 0),
  };
}
