import type { Chain, RunResult } from "@playbook/world";

/** How a run ended, and what it calls errors: its own, its jobs' and their steps'. */
export function ending({ conclusion, message, jobs }: RunResult) {
  const told = jobs.flatMap((job) => [job, ...job.steps].flatMap((one) => one.annotations));
  const errors = told.filter(({ level }) => level === "error").map((one) => one.message);
  return { conclusion, errors: message ? [message, ...errors] : errors };
}

/** A transaction as a block holds it. */
export type Mined = { hash: string; nonce: number; to: string | null; succeeded: boolean };

type Raw = { hash: string; from: string; nonce: string; to: string | null };

/**
 * All that an account ever sent on a chain, read out of the blocks themselves: what a release
 * really did, whatever the program that did it says. Shares no code with it.
 */
export async function sentBy(chain: Chain, account: string): Promise<Mined[]> {
  const height = Number(await chain.send<string>("eth_blockNumber"));
  const found: Mined[] = [];
  for (let number = 0; number <= height; number += 1) {
    const tag = `0x${number.toString(16)}`;
    const block = await chain.send<{ transactions: Raw[] }>("eth_getBlockByNumber", [tag, true]);
    for (const { hash, from, nonce, to } of block.transactions) {
      if (from.toLowerCase() !== account.toLowerCase()) continue;
      const receipt = await chain.send<{ status: string }>("eth_getTransactionReceipt", [hash]);
      found.push({ hash, nonce: Number(nonce), to, succeeded: receipt.status === "0x1" });
    }
  }
  return found.sort((one, other) => one.nonce - other.nonce);
}
