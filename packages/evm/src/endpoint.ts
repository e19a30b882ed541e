import { keccak256 } from "ethers";
import type { Market } from "./fees.ts";
import type { Address, Hex, Wei } from "./primitives.ts";
import { type Call, type Rpc, RpcError } from "./rpc.ts";

export type Head = {
  number: number;
  gasLimit: number;
  /** Null on a chain without a base fee. */
  baseFee: Wei | null;
};

export type Receipt = {
  hash: Hex;
  block: number;
  succeeded: boolean;
  gasUsed: number;
  /** Wei per gas that was paid. */
  price: Wei;
  /** What a rollup took for its data, in wei; 0 elsewhere. */
  dataFee: Wei;
  /** The contract that a create made. */
  contract: Address | null;
};

/** What a node said of bytes that it was given. Only a receipt proves anything. */
export type SendVerdict =
  | { verdict: "taken" }
  | { verdict: "known" }
  | { verdict: "nonce-spent" }
  | { verdict: "fee-too-low"; said: string }
  | { verdict: "pool-full"; said: string }
  | { verdict: "no-funds"; said: string }
  | { verdict: "refused"; said: string };

export type BlockTag = number | "latest" | "pending";

/** What the library asks of a chain, in its own terms. */
export class Endpoint {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  get host(): string {
    return this.#rpc.host;
  }

  async identity(): Promise<{ chainId: number; genesis: Hex }> {
    const [id, block] = await Promise.all([
      this.#rpc.send<Hex>("eth_chainId"),
      this.#rpc.send<{ hash: Hex } | null>("eth_getBlockByNumber", "0x0", false),
    ]);
    return { chainId: Number(id), genesis: (block?.hash ?? "0x") as Hex };
  }

  async head(): Promise<Head> {
    const block = await this.#rpc.send<Block>("eth_getBlockByNumber", "latest", false);
    return {
      number: Number(block.number),
      gasLimit: Number(block.gasLimit),
      baseFee: block.baseFeePerGas === undefined ? null : BigInt(block.baseFeePerGas),
    };
  }

  /** The newest block that will not be taken back, by the chain's own tag. */
  async tagged(tag: "finalized" | "safe"): Promise<number> {
    const block = await this.#rpc.send<Block>("eth_getBlockByNumber", tag, false);
    return Number(block.number);
  }

  /** Transactions of an account in the blocks up to `block`, that one included. */
  async nonce(account: Address, block: BlockTag): Promise<number> {
    return Number(await this.#rpc.send<Hex>("eth_getTransactionCount", account, tagOf(block)));
  }

  async balance(account: Address): Promise<Wei> {
    return BigInt(await this.#rpc.send<Hex>("eth_getBalance", account, "latest"));
  }

  /** Which of the addresses have code. */
  async withCode(addresses: Address[]): Promise<Set<Address>> {
    const outcomes = await this.#all("eth_getCode", addresses, "latest");
    return new Set(addresses.filter((_, index) => outcomes[index] !== "0x"));
  }

  /** The receipts that exist, by hash. */
  async receipts(hashes: Hex[]): Promise<Map<Hex, Receipt>> {
    const outcomes = await this.#all("eth_getTransactionReceipt", hashes);
    const found = outcomes.flatMap((raw) => (raw ? [readReceipt(raw as RawReceipt)] : []));
    return new Map(found.map((receipt) => [receipt.hash, receipt]));
  }

  /** What the chain asks for now. */
  async market(head: Head): Promise<Market> {
    if (head.baseFee === null) {
      return { type: "legacy", gasPrice: BigInt(await this.#rpc.send<Hex>("eth_gasPrice")) };
    }
    return { type: "eip1559", baseFee: head.baseFee, priorityFee: await this.#priorityFee(head) };
  }

  async #priorityFee({ baseFee }: Head): Promise<Wei> {
    try {
      return BigInt(await this.#rpc.send<Hex>("eth_maxPriorityFeePerGas"));
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const price = BigInt(await this.#rpc.send<Hex>("eth_gasPrice"));
      return price > (baseFee ?? 0n) ? price - (baseFee ?? 0n) : 1n;
    }
  }

  /** Runs a transaction on the newest state without sending it; says why it would fail. */
  async dryRun(call: { from: Address; to: Address | null; data: Hex; value: Wei; gas: number }) {
    const { to, value, gas, ...rest } = call;
    const request = { ...rest, ...(to ? { to } : {}), value: toHex(value), gas: toHex(gas) };
    try {
      await this.#rpc.send("eth_call", request, "latest");
      return undefined;
    } catch (error) {
      if (error instanceof RpcError) return error.message;
      throw error;
    }
  }

  async send(raw: Hex): Promise<SendVerdict> {
    try {
      const hash = await this.#rpc.send<Hex>("eth_sendRawTransaction", raw);
      if (hash.toLowerCase() === keccak256(raw)) return { verdict: "taken" };
      return { verdict: "refused", said: `it called the transaction ${hash}` };
    } catch (error) {
      if (error instanceof RpcError) return judgeRefusal(error.message);
      throw error;
    }
  }

  /** The sender's transaction with this nonce in a block, if the block holds it. */
  async transactionOf(sender: Address, nonce: number, block: number): Promise<Hex | undefined> {
    const found = await this.#rpc.send<{ transactions: RawTransaction[] } | null>(
      "eth_getBlockByNumber",
      toHex(block),
      true,
    );
    const own = found?.transactions.find(
      (transaction) =>
        transaction.from.toLowerCase() === sender.toLowerCase() &&
        Number(transaction.nonce) === nonce,
    );
    return own?.hash;
  }

  async #all(method: string, subjects: string[], ...rest: unknown[]): Promise<unknown[]> {
    const calls: Call[] = subjects.map((subject) => ({ method, params: [subject, ...rest] }));
    const outcomes = await this.#rpc.all(calls);
    return outcomes.map((outcome) => {
      if ("error" in outcome) throw outcome.error;
      return outcome.result;
    });
  }
}

type Block = { number: Hex; gasLimit: Hex; baseFeePerGas?: Hex };
type RawTransaction = { hash: Hex; from: string; nonce: Hex };
type RawReceipt = {
  transactionHash: Hex;
  blockNumber: Hex;
  status: Hex;
  gasUsed: Hex;
  effectiveGasPrice?: Hex;
  l1Fee?: Hex;
  contractAddress: Address | null;
};

function readReceipt(raw: RawReceipt): Receipt {
  return {
    hash: raw.transactionHash,
    block: Number(raw.blockNumber),
    succeeded: Number(raw.status) === 1,
    gasUsed: Number(raw.gasUsed),
    price: BigInt(raw.effectiveGasPrice ?? 0),
    dataFee: BigInt(raw.l1Fee ?? 0),
    contract: raw.contractAddress ?? null,
  };
}

function tagOf(block: BlockTag): string {
  return typeof block === "number" ? toHex(block) : block;
}

function toHex(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

/** Sorts the words of geth, erigon, nethermind, besu, reth and anvil for a transaction not taken. */
export function judgeRefusal(said: string): SendVerdict {
  const words = said.toLowerCase();
  const has = (...parts: string[]) => parts.some((part) => words.includes(part));

  if (has("already known", "already imported", "alreadyknown", "known transaction")) {
    return { verdict: "known" };
  }
  if (has("nonce too low", "old nonce", "oldnonce")) return { verdict: "nonce-spent" };
  if (
    has("underpriced", "less than block base fee", "below base fee", "fee too low", "feetoolow")
  ) {
    return { verdict: "fee-too-low", said };
  }
  if (has("insufficient funds", "insufficientfunds")) return { verdict: "no-funds", said };
  if (has("pool is full", "txpool is full", "limit exceeded", "too many", "too far")) {
    return { verdict: "pool-full", said };
  }
  return { verdict: "refused", said };
}
