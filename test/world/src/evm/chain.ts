import { temporaryFolder } from "../temporary-folder.ts";
import { type AnvilOptions, type Genesis, type Mining, startAnvil } from "./anvil.ts";
import { type ChainMetadata, chainMetadata } from "./chain-metadata.ts";
import { gethPool } from "./geth-pool.ts";
import type { PoolLimits } from "./pool-rules.ts";
import { makeRollup, type Rollup, setDataPrice } from "./rollup/rollup.ts";
import { ask, quantity, type Upstream } from "./rpc.ts";
import { type Chaos, type RpcProxy, startRpcProxy } from "./rpc-proxy.ts";

export type ChainOptions = {
  id: number;
  /** As in a registry: lower-case letters and digits. `chain<id>` when absent. */
  name?: string;
  /** `auto`: a block for each transaction; `manual`: a block when `mine` is called. */
  mining?: Mining;
  /** `legacy` is a chain without a base fee (Berlin: no PUSH0 either). */
  fees?: "eip1559" | "legacy";
  /** Whose transaction pool callers meet: anvil's, or geth's with its limits or others. */
  pool?: "anvil" | "geth" | Partial<PoolLimits>;
  /** Charges for data as rollups do, beside the gas (`op`) or in it (`arbitrum`). */
  rollup?: Rollup;
  gasLimit?: number;
  /**
   * How many blocks `finalized` is behind the newest: 64 as on Ethereum, or another even number.
   */
  finalizedAfter?: number;
  /** What the metadata says. 0 suits a chain that mines only what is sent to it. */
  reorgPeriod?: number | "finalized";
  genesis?: Genesis;
  /** An existing folder for its files; one of its own when absent. */
  dir?: string;
};

export type Chain = AsyncDisposable & {
  readonly id: number;
  readonly name: string;
  /** Through the proxy: what products and actions are given. */
  readonly url: string;
  /** anvil itself. */
  readonly directUrl: string;
  readonly chaos: Chaos;
  /** Another node of the same chain, with faults of its own; it ends with the chain. */
  node(): Promise<RpcProxy>;
  /** Asks anvil itself; throws an RpcError when it refuses. */
  send<T = unknown>(method: string, params?: unknown[]): Promise<T>;
  mine(blocks?: number): Promise<void>;
  /** Sends a transaction without its sender's key, and waits until it is in a block. */
  sendAs(from: string, transaction: Record<string, string>): Promise<void>;
  /** In wei. */
  setBalance(address: string, wei: bigint): Promise<void>;
  /** On a rollup: what the chain below asks for a unit of its gas, in wei. */
  setDataPrice(wei: bigint): Promise<void>;
  /** Of the newest block; `setNonce` is somebody else's use of the key, without a transaction. */
  nonce(address: string): Promise<number>;
  setNonce(address: string, nonce: number): Promise<void>;
  height(): Promise<number>;
  genesisHash(): Promise<string>;
  /** Takes a transaction out of the pool, and those of higher nonces of its sender with it. */
  dropTransaction(hash: string): Promise<void>;
  /**
   * Replaces the newest blocks by empty ones. Their transactions return to the pool, or are lost.
   */
  reorg(depth: number, transactions?: "lost" | "pooled"): Promise<void>;
  /** Another chain with the same id at the same URLs: nothing of the old one, another genesis. */
  restart(genesis?: Genesis): Promise<void>;
  metadata(): ChainMetadata;
};

/** Starts an anvil with a chaos proxy before it. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  await using cleanup = new AsyncDisposableStack();
  const dir = options.dir ?? cleanup.use(await temporaryFolder(`chain-${options.id}`)).path;
  const anvil = cleanup.use(await startAnvil(anvilOptions(options, dir)));

  const { pool = "anvil", rollup } = options;
  const limits = typeof pool === "object" ? pool : {};
  const node = rollup ? await makeRollup(rollup, anvil.call) : anvil.call;
  const upstream = pool === "anvil" ? node : gethPool(node, limits);
  const proxy = cleanup.use(await startRpcProxy(upstream));

  const parts = cleanup.move();
  return {
    ...facts(options, proxy.url),
    ...controls(anvil.call),
    setDataPrice: async (wei) => {
      if (!rollup) throw new Error(`chain ${options.id} does not charge for data`);
      await setDataPrice(rollup, anvil.call, wei);
    },
    url: proxy.url,
    directUrl: anvil.url,
    chaos: proxy.chaos,
    node: async () => parts.use(await startRpcProxy(upstream)),
    restart: (genesis) => anvil.restart(genesis ?? {}),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function anvilOptions(options: ChainOptions, dir: string): AnvilOptions {
  const { id, mining = "auto", fees = "eip1559", rollup } = options;
  // Arbitrum's blocks have no limit that would matter.
  const { gasLimit = rollup === "arbitrum" ? 2 ** 50 : 30_000_000 } = options;
  const { finalizedAfter = 64, genesis = {} } = options;
  if (finalizedAfter < 2 || finalizedAfter % 2 !== 0) {
    throw new Error(`finalizedAfter is ${finalizedAfter}; anvil can do 2, 4, 6 and so on`);
  }
  const op = rollup === "op";
  return { id, mining, fees, op, gasLimit, finalizedAfter, genesis, port: 0, dir };
}

function facts(options: ChainOptions, url: string): Pick<Chain, "id" | "name" | "metadata"> {
  const { id, name = `chain${id}`, mining, fees, reorgPeriod = 0 } = options;
  const blockSeconds = typeof mining === "object" ? mining.everySeconds : 1;
  const legacy = fees === "legacy";
  return {
    id,
    name,
    metadata: () => chainMetadata({ id, name, url, legacy, reorgPeriod, blockSeconds }),
  };
}

type Controls = Omit<
  Chain,
  | "id"
  | "name"
  | "metadata"
  | "url"
  | "directUrl"
  | "chaos"
  | "restart"
  | "node"
  | "setDataPrice"
  | typeof Symbol.asyncDispose
>;

function controls(anvil: Upstream): Controls {
  const send = <T>(method: string, params: unknown[] = []) => ask<T>(anvil, method, ...params);
  const block = (tag: string, full = false) =>
    send<{ hash: string; transactions: string[] }>("eth_getBlockByNumber", [tag, full]);
  const height = async () => Number(await send<string>("eth_blockNumber"));

  return {
    send,
    height,
    async mine(blocks = 1) {
      await send("anvil_mine", [quantity(blocks)]);
    },
    async sendAs(from, transaction) {
      await send("anvil_impersonateAccount", [from]);
      await send("eth_sendTransactionSync", [{ from, ...transaction }]);
      await send("anvil_stopImpersonatingAccount", [from]);
    },
    async setBalance(address, wei) {
      await send("anvil_setBalance", [address, quantity(wei)]);
    },
    async nonce(address) {
      return Number(await send<string>("eth_getTransactionCount", [address, "latest"]));
    },
    async setNonce(address, nonce) {
      await send("anvil_setNonce", [address, quantity(nonce)]);
    },
    async genesisHash() {
      return (await block("0x0")).hash;
    },
    async dropTransaction(hash) {
      await send("anvil_dropTransaction", [hash]);
    },
    async reorg(depth, transactions = "lost") {
      const lost = transactions === "pooled" ? await newestTransactions(anvil, depth) : [];
      await send("anvil_reorg", [depth, []]);
      for (const raw of lost) await send("eth_sendRawTransaction", [raw]).catch(unlessKnown);
    },
  };
}

/** Whoever signed it may have been faster to hand it in again, and it may be in a block by now. */
function unlessKnown(error: Error): void {
  if (!/already imported|nonce too low/.test(error.message)) throw error;
}

/** The signed bytes of what is in the newest blocks, in order: anvil itself lets them go. */
async function newestTransactions(anvil: Upstream, depth: number): Promise<string[]> {
  const height = Number(await ask<string>(anvil, "eth_blockNumber"));
  const raws: string[] = [];
  for (let number = height - depth + 1; number <= height; number++) {
    const tag = quantity(number);
    const block = await ask<{ transactions: string[] }>(anvil, "eth_getBlockByNumber", tag, false);
    for (const hash of block.transactions) {
      raws.push(await ask<string>(anvil, "eth_getRawTransactionByHash", hash));
    }
  }
  return raws;
}
