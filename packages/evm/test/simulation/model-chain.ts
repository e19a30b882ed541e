import { keccak256, toUtf8Bytes } from "ethers";
import { type Hex, RpcError } from "../../src/index.ts";
import { readTransaction } from "../../src/transaction.ts";

export type Transaction = ReturnType<typeof readTransaction>;
type Pooled = { raw: Hex; transaction: Transaction };
type Included = { transaction: Transaction; foreign: boolean };
type Block = { number: number; baseFee: bigint; included: Included[] };

export type ModelOptions = {
  /** Blocks on top of a block before it cannot be taken back any more. */
  finality: number;
  /** Transactions that the pool holds; beyond, it returns a hash and forgets. */
  poolLimit: number;
  /** Whether `pending` counts what the pool holds. */
  countsPending: boolean;
  /** A block for each transaction that can be mined. */
  automine: boolean;
};

const GAS_PER_BLOCK = 8;
const TIP = 1_000_000_000n;

/** A chain with one account, as far as a broadcaster can tell it from a real one. */
export class ModelChain {
  readonly #options: ModelOptions;
  #blocks: Block[] = [{ number: 0, baseFee: TIP, included: [] }];
  #pool = new Map<number, Pooled>();
  #final = 0;
  baseFee = TIP;
  /** All bytes that were ever handed in. */
  readonly handedIn: Pooled[] = [];
  /** Hashes that were in a block at some time, whatever became of it. */
  readonly everMined = new Set<Hex>();

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  get genesis(): Hex {
    return hashOf("genesis");
  }

  /** What is in blocks now, in order. */
  get included(): Included[] {
    return this.#blocks.flatMap((block) => block.included);
  }

  /**
   * True while another block would change nothing: nothing to be mined, nothing to become final.
   */
  get isAtRest(): boolean {
    const last = this.#blocks.findLast(({ included }) => included.length > 0);
    return !this.#canMine() && (last?.number ?? 0) <= this.#final;
  }

  mine(): void {
    const included: Included[] = [];
    for (let nonce = this.#nonce(); included.length < GAS_PER_BLOCK; nonce += 1) {
      const next = this.#pool.get(nonce);
      if (!next || ceilingOf(next.transaction) < this.baseFee) break;
      included.push({ transaction: next.transaction, foreign: false });
    }
    this.#append(included);
  }

  /** Somebody else's use of the key, in a block of its own. */
  useElsewhere(): void {
    const nonce = this.#nonce();
    const transaction = { ...EMPTY, nonce, hash: hashOf(`foreign ${nonce}`) };
    this.#append([{ transaction, foreign: true }]);
  }

  #append(included: Included[]): void {
    for (const { transaction } of included) {
      this.#pool.delete(transaction.nonce);
      this.everMined.add(transaction.hash);
    }
    this.#blocks.push({ number: this.#head() + 1, baseFee: this.baseFee, included });
    this.#final = Math.max(this.#final, this.#head() - this.#options.finality);
  }

  /**
   * Takes the newest blocks back, none that is final. Their transactions are pooled again, or lost.
   */
  reorganise(depth: number, lose: boolean): void {
    const kept = Math.max(this.#final, this.#head() - depth);
    const gone = this.#blocks.splice(kept + 1).flatMap(({ included }) => included);
    for (const { transaction, foreign } of gone) {
      if (lose || foreign) continue;
      const entry = this.handedIn.find((one) => one.transaction.hash === transaction.hash);
      if (entry && !this.#pool.has(transaction.nonce)) this.#pool.set(transaction.nonce, entry);
    }
  }

  /** The pool forgets one of its transactions. */
  drop(pick: number): void {
    const nonces = [...this.#pool.keys()];
    const nonce = nonces[pick % Math.max(1, nonces.length)];
    if (nonce !== undefined) this.#pool.delete(nonce);
  }

  /** Answers a call as a node that is so many blocks behind; throws RpcError as nodes do. */
  answer(method: string, params: unknown[], lag = 0): unknown {
    const head = Math.max(0, this.#head() - lag);
    switch (method) {
      case "eth_chainId":
        return "0x1";
      case "eth_getBlockByNumber":
        return this.#block(this.#blockAt(String(params[0]), head), Boolean(params[1]));
      case "eth_getTransactionCount":
        return toHex(this.#count(String(params[1]), head, lag));
      case "eth_getTransactionReceipt":
        return this.#receipt(params[0] as Hex, head);
      case "eth_sendRawTransaction":
        return this.#submit(params[0] as Hex);
      case "eth_maxPriorityFeePerGas":
        return toHex(TIP);
      case "eth_getBalance":
        return toHex(10n ** 30n);
      case "eth_call":
        if (reverts(params[0] as { data: Hex })) throw new RpcError(3, "execution reverted");
        return "0x";
    }
    throw new RpcError(-32601, `the method ${method} does not exist`);
  }

  #submit(raw: Hex): Hex {
    const transaction = readTransaction(raw);
    const entry = { raw, transaction };
    this.handedIn.push(entry);
    const { hash, nonce } = transaction;
    const standing = this.#pool.get(nonce);
    if (nonce < this.#nonce()) throw new RpcError(-32000, "nonce too low");
    if (standing?.transaction.hash === hash) throw new RpcError(-32000, "already known");
    if (standing && !isRaised(standing.transaction, transaction)) {
      throw new RpcError(-32000, "replacement transaction underpriced");
    }
    this.#pool.set(nonce, entry);
    if (this.#pool.size > this.#options.poolLimit)
      this.#pool.delete(Math.max(...this.#pool.keys()));
    if (this.#options.automine)
      while (this.#pool.has(this.#nonce()) && this.#canMine()) this.mine();
    return hash;
  }

  #canMine(): boolean {
    const next = this.#pool.get(this.#nonce());
    return next !== undefined && ceilingOf(next.transaction) >= this.baseFee;
  }

  #head(): number {
    return this.#blocks.length - 1;
  }

  #nonce(block = this.#head()): number {
    const upTo = this.#blocks.slice(0, block + 1);
    return upTo.reduce((sum, { included }) => sum + included.length, 0);
  }

  #count(tag: string, head: number, lag: number): number {
    if (tag !== "pending") return this.#nonce(this.#blockAt(tag, head).number);
    let nonce = this.#nonce(head);
    if (lag > 0 || !this.#options.countsPending) return nonce;
    while (this.#pool.has(nonce)) nonce += 1;
    return nonce;
  }

  #blockAt(tag: string, head: number): Block {
    const block = this.#blocks[tag === "latest" ? head : Number(tag)];
    if (!block || block.number > head) throw new RpcError(-32000, "header not found");
    return block;
  }

  #block({ number, baseFee, included }: Block, whole: boolean) {
    const transactions = included.map(({ transaction: { hash, nonce } }) =>
      whole ? { hash, nonce: toHex(nonce), from: SENDER } : hash,
    );
    const hash = number === 0 ? this.genesis : hashOf(`block ${number}`);
    const fees = { gasLimit: toHex(30_000_000), baseFeePerGas: toHex(baseFee) };
    return { number: toHex(number), hash, transactions, ...fees };
  }

  #receipt(hash: Hex, head: number) {
    const block = this.#blocks
      .slice(0, head + 1)
      .find(({ included }) => included.some(({ transaction }) => transaction.hash === hash));
    const found = block?.included.find(({ transaction }) => transaction.hash === hash);
    if (!block || !found) return null;
    return {
      transactionHash: hash,
      blockNumber: toHex(block.number),
      status: reverts(found.transaction) ? "0x0" : "0x1",
      gasUsed: toHex(21_000),
      effectiveGasPrice: toHex(block.baseFee + TIP),
      contractAddress: null,
    };
  }
}

export const SENDER = "0x1111111111111111111111111111111111111111";

const EMPTY: Transaction = {
  chainId: 1,
  nonce: 0,
  to: SENDER,
  value: 0n,
  data: "0x",
  gas: 21_000,
  fees: { type: "legacy", gasPrice: 0n },
  hash: "0x",
};

export function reverts({ data }: { data: Hex }): boolean {
  return data.startsWith("0xdead");
}

function ceilingOf({ fees }: Transaction): bigint {
  return fees.type === "legacy" ? fees.gasPrice : fees.maxFeePerGas;
}

function tipOf({ fees }: Transaction): bigint {
  return fees.type === "legacy" ? fees.gasPrice : fees.maxPriorityFeePerGas;
}

/** geth's price bump. */
function isRaised(before: Transaction, after: Transaction): boolean {
  const enough = (a: bigint, b: bigint) => b * 100n >= a * 110n;
  return enough(ceilingOf(before), ceilingOf(after)) && enough(tipOf(before), tipOf(after));
}

function hashOf(text: string): Hex {
  return keccak256(toUtf8Bytes(text)) as Hex;
}

function toHex(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}
