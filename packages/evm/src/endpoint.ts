import { keccak256 } from "ethers";
import { dataPriceCalls, readDataPrice } from "./data-price.ts";
import type { DataPrice, Market } from "./fees.ts";
import { dataGasCall, readDataGas } from "./node-interface.ts";
import type { Address, Hex, Wei } from "./primitives.ts";
import { judgeRefusal, type SendVerdict, saysItFails } from "./refusal.ts";
import type { Call, Rpc } from "./rpc.ts";
import { RpcError, unlessRefused } from "./rpc-error.ts";

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
  /** Wei per gas that was paid; null where the node does not say. */
  price: Wei | null;
  /** What a rollup took for its data, in wei; 0 elsewhere. */
  dataFee: Wei;
  /** The contract that a create made. */
  contract: Address | null;
};

/** What a chain is asked for to price its transactions; both before its first block was seen. */
type Prices = "tip" | "gas price" | "both";

export type BlockTag = number | "latest" | "pending";

/** Whatever answers JSON-RPC calls for a chain. */
export type Wire = Pick<Rpc, "host" | "send" | "all">;

/** What the library asks of a chain, in its own terms. */
export class Endpoint {
  readonly #rpc: Wire;
  readonly #dataOracle: Address | null;
  #prices: Prices = "both";

  /** With the contract that knows what a rollup charges for data, where there is one. */
  constructor(rpc: Wire, { dataOracle = null }: { dataOracle?: Address | null } = {}) {
    this.#rpc = rpc;
    this.#dataOracle = dataOracle;
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

  /** The newest block that will not be taken back, by the chain's own tag; 0 on a young chain. */
  async tagged(tag: "finalized" | "safe"): Promise<number> {
    const block = await this.#rpc.send<Block | null>("eth_getBlockByNumber", tag, false);
    return Number(block?.number ?? 0);
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

  /** The code of each account; `0x` where there is none. */
  async codes(addresses: Address[]): Promise<Map<Address, Hex>> {
    const found = (await this.#all("eth_getCode", addresses, "latest")) as Hex[];
    return new Map(addresses.map((address, at) => [address, found[at] ?? "0x"]));
  }

  /** Receipts as the node words them, by hash. */
  async rawReceipts(hashes: Hex[]): Promise<Map<Hex, object>> {
    const found = (await this.#all("eth_getTransactionReceipt", hashes)) as (object | null)[];
    return new Map(hashes.flatMap((hash, at) => (found[at] ? [[hash, found[at]] as const] : [])));
  }

  /** The receipts that exist, by hash. One without a block is a node's guess and no receipt. */
  async receipts(hashes: Hex[]): Promise<Map<Hex, Receipt>> {
    const found = (await this.#all("eth_getTransactionReceipt", hashes)) as (RawReceipt | null)[];
    return byHash(found);
  }

  /** The same as far as the node can tell: geth refuses unknown hashes while it indexes. */
  async receiptsSoFar(hashes: Hex[]): Promise<Map<Hex, Receipt>> {
    const calls = hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    const outcomes = await this.#rpc.all(calls);
    return byHash(outcomes.map((one) => ("error" in one ? null : (one.result as RawReceipt))));
  }

  /** The newest block and what the chain asks for now, in one round trip. */
  async now(): Promise<{ head: Head; market: Market }> {
    const asked = this.head();
    const market = await this.#marketOf(asked, this.#prices);
    const head = await asked;
    this.#prices = head.baseFee === null ? "gas price" : "tip";
    return { head, market };
  }

  /** What the chain asks for now. */
  market(head: Head): Promise<Market> {
    return this.#marketOf(head, head.baseFee === null ? "gas price" : "tip");
  }

  /** Not every node knows both ways to ask for a price. */
  async #marketOf(asked: Head | Promise<Head>, prices: Prices): Promise<Market> {
    const [head, tip, price, data] = await Promise.all([
      asked,
      prices === "gas price" ? undefined : this.#tip().catch(unlessRefused),
      prices === "tip" ? undefined : this.#gasPrice().catch(unlessRefused),
      this.#dataPrice(),
    ]);
    const { baseFee } = head;
    const market: Market =
      baseFee === null
        ? { type: "legacy", gasPrice: price ?? (await this.#gasPrice()) }
        : { type: "eip1559", baseFee, priorityFee: await this.#priorityFee(tip, price, baseFee) };
    return data ? { ...market, data } : market;
  }

  async #gasPrice(): Promise<Wei> {
    return BigInt(await this.#rpc.send<Hex>("eth_gasPrice"));
  }

  async #tip(): Promise<Wei> {
    return BigInt(await this.#rpc.send<Hex>("eth_maxPriorityFeePerGas"));
  }

  /**
   * Where the base fee is nothing, some nodes suggest a tip of nothing and take none below a price.
   */
  async #priorityFee(tip: Wei | undefined, known: Wei | undefined, baseFee: Wei): Promise<Wei> {
    if (tip !== undefined && (tip > 0n || baseFee > 0n)) return tip;
    const price = known ?? (await this.#gasPrice());
    if (tip !== undefined) return price;
    return price > baseFee ? price - baseFee : 1n;
  }

  async #dataPrice(): Promise<DataPrice | undefined> {
    if (!this.#dataOracle) return undefined;
    const outcomes = await this.#rpc.all(dataPriceCalls(this.#dataOracle));
    return readDataPrice(outcomes, this.#dataOracle, this.host);
  }

  /**
   * Runs a transaction on the state after a block without sending it. Says why it would fail;
   * undefined when it would not, and when the node cannot tell.
   */
  async dryRun(call: DryRun, block: BlockTag): Promise<string | undefined> {
    const { from, to, data, value, gas } = call;
    const request = { from, data, ...(to ? { to } : {}), value: toHex(value), gas: toHex(gas) };
    try {
      await this.#rpc.send("eth_call", request, tagOf(block));
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return saysItFails(error) ? error.message : undefined;
    }
  }

  /** The gas that each transaction's data takes, on a chain that charges data in gas (Arbitrum). */
  async dataGas(transactions: { to: Address | null; data: Hex }[]): Promise<number[]> {
    const outcomes = await this.#rpc.all(transactions.map(dataGasCall));
    return outcomes.map((outcome) => {
      if ("error" in outcome) throw outcome.error;
      return readDataGas(outcome.result, this.host);
    });
  }

  /** What contracts answer on the state after a block; undefined for a call that fails there. */
  async answers(calls: Question[], block: BlockTag): Promise<(Hex | undefined)[]> {
    const outcomes = await this.#rpc.all(
      calls.map((call) => ({ method: "eth_call", params: [call, tagOf(block)] })),
    );
    return outcomes.map((outcome) => {
      if (!("error" in outcome)) return outcome.result as Hex;
      if (saysItFails(outcome.error)) return undefined;
      throw outcome.error;
    });
  }

  /** A word of each contract's storage, as it is after a block. */
  async words(addresses: Address[], slot: Hex, block: BlockTag): Promise<Hex[]> {
    return (await this.#all("eth_getStorageAt", addresses, slot, tagOf(block))) as Hex[];
  }

  async send(raw: Hex): Promise<SendVerdict> {
    try {
      const hash = await this.#rpc.send<unknown>("eth_sendRawTransaction", raw);
      if (String(hash).toLowerCase() === keccak256(raw)) return { verdict: "taken" };
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

/** A call that changes nothing. */
export type Question = { to: Address; data: Hex };

type DryRun = { from: Address; to: Address | null; data: Hex; value: Wei; gas: number };

type Block = { number: Hex; gasLimit: Hex; baseFeePerGas?: Hex };
type RawTransaction = { hash: Hex; from: string; nonce: Hex };
type RawReceipt = {
  transactionHash: Hex;
  blockNumber: Hex | null;
  status: Hex;
  gasUsed: Hex;
  effectiveGasPrice?: Hex;
  /** What rollups of the OP and Scroll families take on top. */
  l1Fee?: Hex | null;
  contractAddress: Address | null;
};

function byHash(found: (RawReceipt | null)[]): Map<Hex, Receipt> {
  const receipts = found.flatMap((raw) => (raw?.blockNumber ? [readReceipt(raw)] : []));
  return new Map(receipts.map((receipt) => [receipt.hash, receipt]));
}

function readReceipt(raw: RawReceipt): Receipt {
  return {
    hash: raw.transactionHash.toLowerCase() as Hex,
    block: Number(raw.blockNumber),
    succeeded: Number(raw.status) === 1,
    gasUsed: Number(raw.gasUsed),
    price: raw.effectiveGasPrice ? BigInt(raw.effectiveGasPrice) : null,
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
