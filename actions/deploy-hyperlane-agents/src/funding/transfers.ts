import type { Address, Wei } from "@playbook/evm";

/** An agent that pays for gas on a chain, as of one moment. */
export type Payee = {
  name: string;
  kind: "validator" | "relayer";
  address: Address;
  balance: Wei;
  /** What its next step may take: an announcement, or a single delivery. */
  needed: Wei;
};

/** What agents are paid on a chain, in its smallest unit. */
export type Amounts = { validator?: Wei; relayer?: Wei; below?: Wei };

export type Transfer = {
  name: string;
  to: Address;
  /** What it has now, and what it is given. */
  balance: Wei;
  value: Wei;
};

/**
 * What is due: everybody who has too little is brought to what is aimed at, and nobody beyond it.
 * Pure.
 */
export function transfersTo(payees: readonly Payee[], amounts: Amounts): Transfer[] {
  return payees.flatMap(({ name, kind, address: to, balance, needed }) => {
    const target = amounts[kind] ?? 0n;
    const floor = lesser(amounts.below ?? target / 2n, target);
    const hasEnough = balance >= floor && balance >= needed;
    if (balance >= target || hasEnough) return [];
    return [{ name, to, balance, value: target - balance }];
  });
}

export function totalOf(transfers: readonly Pick<Transfer, "value">[]): Wei {
  return transfers.reduce((sum, { value }) => sum + value, 0n);
}

/**
 * What is in the way of paying: more than the run may still spend, or than there is. `gas` is what
 * sending may take.
 */
export function obstacleTo(
  transfers: readonly Pick<Transfer, "value">[],
  { gas, allowance, balance }: { gas: Wei; allowance: Wei; balance: Wei | null },
): { kind: "cap" | "coins"; missing: Wei } | undefined {
  if (transfers.length === 0) return undefined;
  const cost = totalOf(transfers) + gas;
  if (cost > allowance) return { kind: "cap", missing: cost - allowance };
  if (balance !== null && cost > balance) return { kind: "coins", missing: cost - balance };
  return undefined;
}

function lesser(one: Wei, other: Wei): Wei {
  return one < other ? one : other;
}
