import type { Wei } from "./primitives.ts";

/** What a transaction offers for a unit of gas. */
export type Fees =
  | { type: "eip1559"; maxFeePerGas: Wei; maxPriorityFeePerGas: Wei }
  | { type: "legacy"; gasPrice: Wei };

/** What the chain asks for right now. */
export type Market =
  | { type: "eip1559"; baseFee: Wei; priorityFee: Wei }
  | { type: "legacy"; gasPrice: Wei };

/** Fees for a new transaction: room for the base fee to double, as EIP-1559 wallets leave it. */
export function quote(market: Market): Fees {
  if (market.type === "legacy") return { type: "legacy", gasPrice: market.gasPrice };
  const maxFeePerGas = market.baseFee * 2n + market.priorityFee;
  return { type: "eip1559", maxFeePerGas, maxPriorityFeePerGas: market.priorityFee };
}

/**
 * Fees of a replacement: what the chain asks for now, and at least 10 % more in both fields, which is
 * what geth's pool demands (`core/txpool/legacypool`, `PriceBump`).
 */
export function bump(previous: Fees, market: Market): Fees {
  const wanted = quote(market);
  if (previous.type === "legacy" || wanted.type === "legacy") {
    return { type: "legacy", gasPrice: max(raise(ceiling(previous)), ceiling(wanted)) };
  }
  const maxPriorityFeePerGas = max(
    raise(previous.maxPriorityFeePerGas),
    wanted.maxPriorityFeePerGas,
  );
  const maxFeePerGas = max(raise(previous.maxFeePerGas), wanted.maxFeePerGas, maxPriorityFeePerGas);
  return { type: "eip1559", maxFeePerGas, maxPriorityFeePerGas };
}

/** True when the chain would not take these fees into its next block. */
export function tooLow(fees: Fees, market: Market): boolean {
  return ceiling(fees) < (market.type === "legacy" ? market.gasPrice : market.baseFee);
}

/** The most that a unit of gas may cost. */
export function ceiling(fees: Fees): Wei {
  return fees.type === "legacy" ? fees.gasPrice : fees.maxFeePerGas;
}

function raise(value: Wei): Wei {
  return (value * 110n) / 100n + 1n;
}

function max(first: Wei, ...others: Wei[]): Wei {
  return others.reduce((most, value) => (value > most ? value : most), first);
}
