import type { Call } from "../rpc.ts";

/**
 * How several nodes' answers become one:
 *
 * - `same`: what a quorum says alike. Nodes that contradict it are wrong or on another chain.
 * - `found`: the same for what one node may know of and another not yet: nothing, until a quorum
 *   has it. Of logs, nothing is an empty list.
 * - `reached`: numbers that only grow: the highest that a quorum has reached.
 * - `newest`: the block of a tag that only moves on, likewise.
 * - `sent`: handed to all of them; taken when one takes it. A node's word about it proves nothing
 *   anyway.
 * - `any`: what decides nothing, one node may say.
 */
export type Rule = "same" | "found" | "reached" | "newest" | "sent" | "any";

const RULES: Record<string, Rule> = {
  eth_blockNumber: "reached",
  eth_chainId: "same",
  eth_getCode: "same",
  eth_getLogs: "found",
  eth_getTransactionReceipt: "found",
  eth_gasPrice: "reached",
  eth_maxPriorityFeePerGas: "reached",
  eth_sendRawTransaction: "sent",
};

/** Which parameter names a block, where it is not the second. */
const WHERE_BLOCK: Record<string, number> = { eth_getBlockByNumber: 0, eth_getStorageAt: 2 };

/** What every node says alike of a block that it names. */
const OF_A_BLOCK = new Set(["eth_call", "eth_getStorageAt", "eth_getBalance"]);

export function ruleOf({ method, params }: Call): Rule {
  const block = params[WHERE_BLOCK[method] ?? 1];
  const isNumber = typeof block === "string" && block.startsWith("0x");
  if (method === "eth_getTransactionCount") return isNumber ? "same" : "reached";
  if (method === "eth_getBlockByNumber") return isNumber ? blockRule(block) : "newest";
  if (isNumber && OF_A_BLOCK.has(method)) return "same";
  return RULES[method] ?? "any";
}

/** What a node says that knows of nothing. */
export function nothingOf({ method }: Call): unknown {
  return method === "eth_getLogs" ? [] : null;
}

export function isNothing(result: unknown): boolean {
  return result === null || (Array.isArray(result) && result.length === 0);
}

/** Every node has the first block; any other, one may not have yet. */
function blockRule(number: string): Rule {
  return Number(number) === 0 ? "same" : "found";
}

type Fields = Record<string, unknown>;

const RECEIPT = ["transactionHash", "blockHash", "blockNumber", "status", "gasUsed"];
const PRICE = ["effectiveGasPrice", "l1Fee", "contractAddress"];
const BLOCK = ["number", "hash", "gasLimit", "baseFeePerGas"];
const TRANSACTION = ["hash", "from", "nonce"];
const LOG = ["address", "topics", "data", "blockHash", "logIndex"];

/** What of a result has to be alike: the rest is worded by each node in its own way. */
export function essenceOf({ method }: Call, result: unknown): string {
  if (typeof result !== "object" || result === null) return JSON.stringify(plain(result));
  if (method === "eth_getTransactionReceipt") return pick(result as Fields, [...RECEIPT, ...PRICE]);
  if (method === "eth_getLogs") return (result as Fields[]).map((log) => pick(log, LOG)).join();
  if (method !== "eth_getBlockByNumber") return JSON.stringify(result);
  const { transactions = [], ...block } = result as Fields & { transactions?: unknown[] };
  const inside = transactions.map((one) =>
    typeof one === "object" ? pick(one as Fields, TRANSACTION) : plain(one),
  );
  return `${pick(block, BLOCK)} ${inside.join()}`;
}

function pick(from: Fields, names: string[]): string {
  return JSON.stringify(names.map((name) => plain(from[name] ?? null)));
}

function plain(value: unknown): unknown {
  return typeof value === "string" ? value.toLowerCase() : value;
}
