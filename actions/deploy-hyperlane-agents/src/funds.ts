import type { Address, Wei } from "@playbook/evm";
import type { Entry } from "./entry.ts";

/** What an agent has on a chain where it has to pay, in wei. */
export type Funds = {
  name: string;
  kind: Entry["kind"];
  chain: string;
  address: Address;
  /** Whether it works already: it is told then, and nothing waits for it. */
  isInstalled: boolean;
  balance: Wei;
  gasPrice: Wei;
};

/** What an announcement takes, and what one delivery may, in gas. */
const GAS = { validator: 500_000n, relayer: 1_000_000n };

/** What an agent may need for its next step, in wei. */
export function neededBy({ kind, gasPrice }: Pick<Funds, "kind" | "gasPrice">): Wei {
  return gasPrice * GAS[kind];
}
