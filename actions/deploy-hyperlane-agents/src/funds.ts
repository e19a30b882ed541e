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
} & Prices;

/** What gas costs on a chain, in wei, and whether its blocks have a base fee. */
export type Prices = { gasPrice: Wei; fees: "eip1559" | "legacy" };

/** What an announcement takes, and what one delivery may, in gas. */
const GAS = { validator: 400_000n, relayer: 500_000n };

/** The least that agents offer beside the base fee, in wei. */
const LEAST_TIP = 100_000_000n;

/**
 * What an agent may need for its next step, in wei. It sends nothing before it has all that it
 * offers, which is twice the price of the moment.
 */
export function neededBy({ kind, gasPrice, fees }: Pick<Funds, "kind"> & Prices): Wei {
  const tip = fees === "eip1559" ? LEAST_TIP : 0n;
  return (2n * gasPrice + tip) * GAS[kind];
}
