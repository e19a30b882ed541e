import { Transaction } from "ethers";
import { ask, quantity, type RpcReply, type Upstream } from "../rpc.ts";
import { rollupContracts } from "./contracts.ts";

const ARB_SYS = "0x0000000000000000000000000000000000000064";
const NODE_INTERFACE = "0x00000000000000000000000000000000000000C8";

/** This chain's price of gas, by which the chain below's is divided. */
const L2_PRICE = 100_000_000n;

/** Bytes of a signed transaction without its data. */
const ENVELOPE = 110n;

/**
 * Arbitrum takes what a transaction's data costs out of its gas before it begins to execute it
 * (Nitro, `GasChargingHook`): with less gas than that, the sequencer refuses it in geth's words.
 */
export async function arbitrum(anvil: Upstream): Promise<Upstream> {
  const { NodeInterface } = await rollupContracts();
  // What the real one has there: an instruction that is none.
  await ask(anvil, "anvil_setCode", ARB_SYS, "0xfe");
  await ask(anvil, "anvil_setCode", NODE_INTERFACE, NodeInterface);
  return async (call) => {
    if (call.method === "eth_sendRawTransaction") {
      const transaction = Transaction.from(String(call.params[0]));
      const needed = intrinsicGas(transaction) + (await gasForData(anvil, transaction.data));
      if (transaction.gasLimit < needed) return refusal;
    }
    const reply = await anvil(call);
    return call.method === "eth_getTransactionReceipt" ? withDataGas(anvil, reply) : reply;
  };
}

const refusal: RpcReply = { error: { code: -32000, message: "intrinsic gas too low" } };

export async function setGasPerByte(anvil: Upstream, l1Price: bigint): Promise<void> {
  const word = `0x${((16n * l1Price) / L2_PRICE).toString(16).padStart(64, "0")}`;
  await ask(anvil, "anvil_setStorageAt", NODE_INTERFACE, "0x0", word);
}

async function gasForData(anvil: Upstream, data: string): Promise<bigint> {
  const word = await ask<string>(anvil, "eth_getStorageAt", NODE_INTERFACE, "0x0", "latest");
  return BigInt(word) * (BigInt(data.length / 2 - 1) + ENVELOPE);
}

function intrinsicGas({ to, data }: Transaction): bigint {
  const bytes = Buffer.from(data.slice(2), "hex");
  const calldata = bytes.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
  return 21_000n + (to === null ? 32_000n : 0n) + BigInt(calldata);
}

async function withDataGas(anvil: Upstream, reply: RpcReply): Promise<RpcReply> {
  if ("error" in reply || !reply.result) return reply;
  const receipt = reply.result as { transactionHash: string; gasUsed: string };
  const hash = receipt.transactionHash;
  const { input } = await ask<{ input: string }>(anvil, "eth_getTransactionByHash", hash);
  const gasUsedForL1 = await gasForData(anvil, input);
  const gasUsed = quantity(BigInt(receipt.gasUsed) + gasUsedForL1);
  return { result: { ...receipt, gasUsed, gasUsedForL1: quantity(gasUsedForL1) } };
}
