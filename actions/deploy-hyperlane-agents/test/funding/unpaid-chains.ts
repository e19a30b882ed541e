import type { Address } from "@playbook/evm";
import type { Chain } from "@playbook/world";
import { transactionsOf } from "../../../../packages/evm/test/auditor.ts";

type Start = { snapshot: string; height: number };

/** Chains as they are before anybody is paid, and the way back there. */
export class UnpaidChains {
  readonly #starts = new Map<Chain, Start>();

  static async of(chains: readonly Chain[]): Promise<UnpaidChains> {
    const unpaid = new UnpaidChains();
    for (const chain of chains) await unpaid.#keep(chain);
    return unpaid;
  }

  async restore(): Promise<void> {
    for (const [chain, { snapshot }] of this.#starts) {
      await chain.send("anvil_dropAllTransactions");
      await chain.send("evm_revert", [snapshot]);
      await this.#keep(chain);
    }
  }

  /** What an account has sent since. */
  sentBy(account: Address, chain: Chain) {
    return transactionsOf(chain, account, (this.#starts.get(chain)?.height ?? 0) + 1);
  }

  async #keep(chain: Chain): Promise<void> {
    const snapshot = await chain.send<string>("evm_snapshot");
    this.#starts.set(chain, { snapshot, height: await chain.height() });
  }
}
