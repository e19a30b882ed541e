import { ask, httpNode, quantity, RpcError } from "../evm/rpc.ts";

/** As the chain's node writes them: numbers are quantities. */
export type Log = {
  address: string;
  topics: string[];
  data: string;
  blockNumber: string;
  transactionHash: string;
  logIndex: string;
};

export type Transaction = {
  hash: string;
  transactionIndex: string;
  from: string;
  to: string | null;
  value: string;
  gas: string;
  gasPrice: string;
  input: string;
  nonce: string;
};

export type Block = {
  hash: string;
  parentHash: string;
  sha3Uncles: string;
  miner: string;
  stateRoot: string;
  transactionsRoot: string;
  receiptsRoot: string;
  number: string;
  gasUsed: string;
  gasLimit: string;
  timestamp: string;
  difficulty: string;
  totalDifficulty?: string;
  size?: string;
  baseFeePerGas?: string;
  transactions: Transaction[];
};

export type BlockPointer = { number: number; hash: string };

/** A chain as graph-node sees it: through its JSON-RPC and nothing else. */
export type ChainClient = {
  head(): Promise<BlockPointer>;
  pointer(number: number): Promise<BlockPointer | undefined>;
  block(number: number): Promise<Block>;
  /** Nothing when the chain does not have it. */
  blockByHash(hash: string): Promise<Block | null>;
  logs(addresses: string[], from: number, to: number): Promise<Log[]>;
  logsIn(blockHash: string): Promise<Log[]>;
  /** Nothing when the call reverts. */
  call(to: string, data: string, block: BlockPointer): Promise<string | undefined>;
};

export function chainClient(url: string): ChainClient {
  const { call } = httpNode(url);
  const pointerAt = async (tag: string) => {
    const block = await ask<Block | null>(call, "eth_getBlockByNumber", tag, false);
    return block ? { number: Number(block.number), hash: block.hash } : undefined;
  };
  return {
    head: async () => (await pointerAt("latest")) as BlockPointer,
    pointer: (number) => pointerAt(quantity(number)),
    block: async (number) => {
      const block = await ask<Block | null>(call, "eth_getBlockByNumber", quantity(number), true);
      if (!block) throw new Error(`the chain has no block ${number}`);
      return block;
    },
    blockByHash: (hash) => ask(call, "eth_getBlockByHash", hash, true),
    logs: (address, from, to) => {
      const range = { fromBlock: quantity(from), toBlock: quantity(to) };
      return ask(call, "eth_getLogs", { address, ...range });
    },
    logsIn: (blockHash) => ask(call, "eth_getLogs", { blockHash }),
    call: (to, data, { hash: blockHash }) =>
      ask<string>(call, "eth_call", { to, data }, { blockHash }).catch(unlessReverted),
  };
}

function unlessReverted(error: Error): undefined {
  const reverted = /revert|invalid opcode|out of gas|stack/i;
  if (!(error instanceof RpcError && reverted.test(error.message))) throw error;
}
