import { type GasPolicy, PRESETS } from "./gas-policy.ts";
import type { Wei } from "./primitives.ts";

/** What a transaction offers for a unit of gas. */
export type Fees =
  | { type: "eip1559"; maxFeePerGas: Wei; maxPriorityFeePerGas: Wei }
  | { type: "legacy"; gasPrice: Wei };

/** What the chain asks for right now. */
export type Market = (
  | { type: "eip1559"; baseFee: Wei; priorityFee: Wei }
  | { type: "legacy"; gasPrice: Wei }
) & {
  /** What a rollup asks for a transaction's bytes, beside its gas. */
  data?: DataPrice | undefined;
};

/** At most this, for bytes that no compressor makes shorter. */
export type DataPrice = { perTransaction: Wei; perByte: Wei };

/** A base fee that is paid as part of a gas price has room for two full blocks. */
const LEGACY_BASE_FEE_PERCENT = 125;

/**
 * A data price has no ceiling that could be signed: it may double before a transaction is in a
 * block.
 */
const DATA_FEE_MULTIPLE = 2n;

/** A signed transaction without its data, in bytes. */
const ENVELOPE_BYTES = 200;

/** Fees for a new transaction: by default room for the base fee to double, as wallets leave it. */
export function quote(market: Market, policy: GasPolicy = PRESETS.ethereum): Fees {
  if (market.type === "legacy" || policy.type === "legacy") {
    return { type: "legacy", gasPrice: within(priceOf(market, policy), policy) };
  }
  const tip = max(policy.tip ?? market.priorityFee, policy.tipFloor);
  const wanted = percent(market.baseFee, policy.baseFeePercent) + tip;
  const maxFeePerGas = within(wanted, policy);
  return { type: "eip1559", maxFeePerGas, maxPriorityFeePerGas: min(tip, maxFeePerGas) };
}

function priceOf(market: Market, { gasPricePercent, tip, tipFloor }: GasPolicy): Wei {
  if (market.type === "legacy") return percent(market.gasPrice, gasPricePercent);
  const offered = max(tip ?? market.priorityFee, tipFloor);
  return percent(market.baseFee, Math.max(gasPricePercent, LEGACY_BASE_FEE_PERCENT)) + offered;
}

/** The floor gives way to the cap: who signs has the last word. */
function within(price: Wei, { floor, cap }: GasPolicy): Wei {
  const wanted = max(price, floor);
  return cap === null ? wanted : min(wanted, cap);
}

/**
 * Fees of a replacement: what would be offered now, and in both fields more than before by what
 * pools demand (10 % in geth's `core/txpool/legacypool`, `PriceBump`). May exceed the policy's cap:
 * see `overCap`.
 */
export function bump(previous: Fees, market: Market, policy: GasPolicy = PRESETS.ethereum): Fees {
  const wanted = quote(market, policy);
  const raise = (value: Wei) => percent(value, 100 + policy.bump) + 1n;
  if (previous.type === "legacy" || wanted.type === "legacy") {
    return { type: "legacy", gasPrice: max(raise(ceiling(previous)), ceiling(wanted)) };
  }
  const tip = max(raise(previous.maxPriorityFeePerGas), wanted.maxPriorityFeePerGas);
  const maxFeePerGas = max(raise(previous.maxFeePerGas), wanted.maxFeePerGas, tip);
  return { type: "eip1559", maxFeePerGas, maxPriorityFeePerGas: tip };
}

/** True for fees that the policy does not allow. */
export function overCap(fees: Fees, { cap }: GasPolicy): boolean {
  return cap !== null && ceiling(fees) > cap;
}

/** True when the chain would not take these fees into its next block. */
export function tooLow(fees: Fees, market: Market): boolean {
  return ceiling(fees) < (market.type === "legacy" ? market.gasPrice : market.baseFee);
}

/** The most that a unit of gas may cost. */
export function ceiling(fees: Fees): Wei {
  return fees.type === "legacy" ? fees.gasPrice : fees.maxFeePerGas;
}

/** The most that a rollup is expected to take for a transaction's data, in wei; 0 elsewhere. */
export function dataFee({ data: price }: Market, data: string): Wei {
  if (!price) return 0n;
  const bytes = BigInt(Math.ceil((data.length - 2) / 2) + ENVELOPE_BYTES);
  return DATA_FEE_MULTIPLE * (price.perTransaction + price.perByte * bytes);
}

/** Rounded down; percentages may have decimals. */
function percent(value: Wei, percentage: number): Wei {
  return (value * BigInt(Math.round(percentage * 100))) / 10_000n;
}

function max(first: Wei, ...others: Wei[]): Wei {
  return others.reduce((most, value) => (value > most ? value : most), first);
}

function min(first: Wei, second: Wei): Wei {
  return first < second ? first : second;
}
