import type { Address, Hex } from "@playbook/evm";
import type { Chain } from "@playbook/world";
import { getAddress } from "ethers";

/** A transaction as it came to stand on a chain. */
export type Made = {
  nonce: number;
  to: Address | null;
  value: bigint;
  data: Hex;
  contract: Address | null;
};

type Block = { transactions: Raw[] };
type Raw = { hash: Hex; from: string; to: string | null; nonce: Hex; value: Hex; input: Hex };

const account = (address: string | null) => address && (getAddress(address) as Address);

/** All transactions of an account on a local chain, by nonce. */
export async function transactionsOf(chain: Chain, sender: Address): Promise<Made[]> {
  const found: Made[] = [];
  for (let at = 0; at <= (await chain.height()); at += 1) {
    const number = `0x${at.toString(16)}`;
    const block = await chain.send<Block>("eth_getBlockByNumber", [number, true]);
    for (const { hash, from, to, nonce, value, input } of block.transactions) {
      if (account(from) !== sender) continue;
      const receipt = await chain.send<{ contractAddress: string | null }>(
        "eth_getTransactionReceipt",
        [hash],
      );
      found.push({
        ...{ nonce: Number(nonce), to: account(to), value: BigInt(value), data: input },
        contract: account(receipt.contractAddress),
      } as Made);
    }
  }
  return found.sort((a, b) => a.nonce - b.nonce);
}
