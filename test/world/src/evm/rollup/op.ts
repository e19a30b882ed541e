import { ask, quantity, type RpcReply, type Upstream } from "../rpc.ts";
import { rollupContracts } from "./contracts.ts";

const L1_BLOCK = "0x4200000000000000000000000000000000000015";
const NOBODY = `0x${"00".repeat(20)}`;
const ORACLE = "0x420000000000000000000000000000000000000F";

/** The scalars of OP Mainnet in 2025, where L1Block keeps them: the base fee's, then the blobs'. */
const SCALARS = `0x${"00".repeat(16)}0000146b000f79c5${"00".repeat(8)}`;

/**
 * anvil with op-revm charges for data as the OP stack does, by what L1Block says, but has none of
 * the OP stack's contracts, and its receipts do not say what was charged.
 */
export async function op(anvil: Upstream): Promise<Upstream> {
  const { L1Block, GasPriceOracle } = await rollupContracts();
  await ask(anvil, "anvil_setCode", L1_BLOCK, L1Block);
  await ask(anvil, "anvil_setCode", ORACLE, GasPriceOracle);
  await ask(anvil, "anvil_setStorageAt", L1_BLOCK, "0x3", SCALARS);
  // It charges calls too, which real nodes do not: whoever calls without a sender is nobody.
  await ask(anvil, "anvil_setBalance", NOBODY, quantity(10n ** 30n));
  return async (call) => {
    const reply = await anvil(call);
    return call.method === "eth_getTransactionReceipt" ? withL1Fee(anvil, reply) : reply;
  };
}

export async function setL1BaseFee(anvil: Upstream, wei: bigint): Promise<void> {
  const word = `0x${wei.toString(16).padStart(64, "0")}`;
  await ask(anvil, "anvil_setStorageAt", L1_BLOCK, "0x1", word);
}

type Receipt = Record<
  "from" | "to" | "blockNumber" | "gasUsed" | "effectiveGasPrice" | "transactionHash" | "status",
  string
>;

/**
 * What the sender has lost in the block beside gas and value: right where it sent nothing else
 * there.
 */
async function withL1Fee(anvil: Upstream, reply: RpcReply): Promise<RpcReply> {
  if ("error" in reply || !reply.result) return reply;
  const receipt = reply.result as Receipt;
  const { from, blockNumber, gasUsed, effectiveGasPrice, transactionHash, status } = receipt;
  const balance = async (block: number) =>
    BigInt(await ask<string>(anvil, "eth_getBalance", from, quantity(block)));
  const block = Number(blockNumber);
  const { value } = await ask<{ value: string }>(
    anvil,
    "eth_getTransactionByHash",
    transactionHash,
  );
  const given = status === "0x1" ? BigInt(value) : 0n;
  const lost = (await balance(block - 1)) - (await balance(block));
  const fee = lost - given - BigInt(gasUsed) * BigInt(effectiveGasPrice);
  return { result: { ...receipt, l1Fee: quantity(fee) } };
}
