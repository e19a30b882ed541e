import { setTimeout as sleep } from "node:timers/promises";
import { type HDNodeWallet, keccak256, parseEther, type TransactionRequest, Wallet } from "ethers";
import type { Chain } from "../../src/index.ts";

export const gwei = 1_000_000_000n;

const recipient = "0x00000000000000000000000000000000000000aa";

/** A new key with ether on the chain, and its transfers of nothing to nobody. */
export async function richWallet(chain: Chain) {
  const wallet = Wallet.createRandom();
  await chain.setBalance(wallet.address, parseEther("10"));
  return {
    address: wallet.address,
    transfer: (nonce: number, more: TransactionRequest = {}) =>
      transfer(wallet, { chainId: chain.id, nonce, ...more }),
  };
}

function transfer(wallet: HDNodeWallet, more: TransactionRequest): Promise<string> {
  const legacy = more.gasPrice !== undefined;
  const fees = legacy ? { type: 0 } : { maxFeePerGas: 10n * gwei, maxPriorityFeePerGas: gwei };
  return wallet.signTransaction({ to: recipient, gasLimit: 21_000n, type: 2, ...fees, ...more });
}

/** What a plain HTTP client gets: the status, the JSON, and what it threw instead. */
export async function post(url: string, body: unknown, timeoutMs = 5_000) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const json = text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  } catch (error) {
    const { cause, name } = error as Error;
    return { failed: (cause as { code?: string })?.code ?? name };
  }
}

/** One call the way a product makes it: through the chain's proxy. */
export const call = (chain: Chain, method: string, ...params: unknown[]) =>
  post(chain.url, { jsonrpc: "2.0", id: 1, method, params });

/** Waits until the chain has mined it: anvil answers a transaction before it mines it. */
export async function mined(chain: Chain, raw: string): Promise<void> {
  const receipt = () => chain.send("eth_getTransactionReceipt", [keccak256(raw)]);
  while ((await receipt()) === null) await sleep(10);
}
