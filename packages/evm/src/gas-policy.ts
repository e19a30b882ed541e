import { ActionError } from "@playbook/action";
import { z } from "zod";
import { type Address, count, type Wei } from "./primitives.ts";

/** Which family of chains a policy begins with. */
export const preset = z.enum(["ethereum", "legacy", "arbitrum", "op", "scroll", "metered"]);
export type Preset = z.output<typeof preset>;

/** An amount of wei: a number, or its digits where a number is not exact any more. */
const digits = z.string().regex(/^\d+$/, { abort: true });
const amount = z.union([count, digits], { error: "is no amount of wei." });
const positive = z.number().int().positive();

/**
 * What a chain's entry may say of fees and gas, by the names of the Hyperlane registry and its
 * agents (`TransactionOverrides`). What they know besides is left alone.
 */
export const transactionOverrides = z
  .looseObject({
    gasPrice: amount.optional(),
    maxFeePerGas: amount.optional(),
    maxPriorityFeePerGas: amount.optional(),
    minGasPrice: amount.optional(),
    minFeePerGas: amount.optional(),
    minPriorityFeePerGas: amount.optional(),
    gasPriceCap: amount.optional(),
    gasPriceMultiplierNumerator: positive.optional(),
    gasPriceMultiplierDenominator: positive.optional(),
    gasLimitMultiplierNumerator: positive.optional(),
    gasLimitMultiplierDenominator: positive.optional(),
  })
  .superRefine((given, context) => {
    for (const name of ["gasPrice", "gasLimit"] as const) {
      const [over, under] = [`${name}MultiplierNumerator`, `${name}MultiplierDenominator`];
      if ((given[over] === undefined) !== (given[under] === undefined)) {
        context.addIssue(`${over} and ${under} belong together.`);
      }
    }
    const [floor, cap] = [floorOf(given), capOf(given)];
    if (cap !== null && floor > cap) context.addIssue(`the floor ${floor} is over the cap ${cap}.`);
  });

/** What the registry has no field for. */
export const ownFields = z.object({
  gas: z
    .object({
      preset: preset.optional(),
      /** How much more a replacement offers, in percent. */
      bump: z.number().min(1).max(1_000).optional(),
    })
    .optional(),
});

/** How transactions are priced and metered on a chain. */
export type GasPolicy = {
  preset: Preset;
  /** `market` is type 2 wherever the chain has a base fee. */
  type: "market" | "legacy";
  /** What is offered of the base fee, in percent: the block takes what it needs of it. */
  baseFeePercent: number;
  /** What is offered of a gas price, in percent: all of it is paid. */
  gasPricePercent: number;
  /** The least that is offered for a unit of gas, whatever the market says. */
  floor: Wei;
  tipFloor: Wei;
  /** The tip to begin with, in place of the node's suggestion. */
  tip: Wei | null;
  /** The most that a unit of gas may cost, replacements included. */
  cap: Wei | null;
  /** How much more a replacement offers, in percent. */
  bump: number;
  /** Gas limit in percent of what the simulation used; null leaves it to the input. */
  margin: number | null;
  /** What a local simulation does not know of the gas that a transaction takes. */
  gas: "execution" | "arbitrum" | "live";
  /**
   * The gas of a transfer of nothing, for a nonce that is to be used up. What it needs not, is not
   * paid.
   */
  cancelling: number;
  /** The contract that knows what is charged for data beside the gas, where something is. */
  dataOracle: Address | null;
};

/** Geth and what descends from it refuse a replacement that offers less than 10 % more. */
const GETH: GasPolicy = {
  preset: "ethereum",
  type: "market",
  baseFeePercent: 200,
  gasPricePercent: 100,
  floor: 0n,
  tipFloor: 0n,
  tip: null,
  cap: null,
  bump: 10,
  margin: null,
  gas: "execution",
  cancelling: 100_000,
  dataOracle: null,
};

/** Rollups' own contracts, at the same address on all chains of a family. */
export const ORACLES = {
  /** GasPriceOracle of the OP stack. */
  op: "0x420000000000000000000000000000000000000F",
  /** L1GasPriceOracle of Scroll. */
  scroll: "0x5300000000000000000000000000000000000002",
} as const;

/** Where data is paid in gas, a transfer takes many times the usual 21,000. */
const AMPLE = 3_000_000;

export const PRESETS: Record<Preset, GasPolicy> = {
  ethereum: GETH,
  legacy: { ...GETH, preset: "legacy", type: "legacy" },
  arbitrum: { ...GETH, preset: "arbitrum", gas: "arbitrum", cancelling: AMPLE },
  op: { ...GETH, preset: "op", dataOracle: ORACLES.op },
  scroll: { ...GETH, preset: "scroll", dataOracle: ORACLES.scroll },
  metered: { ...GETH, preset: "metered", gas: "live", cancelling: AMPLE },
};

/** The registry's `technicalStack`; chains of the others are like Ethereum in what matters here. */
const STACKS: Record<string, Preset> = {
  arbitrumnitro: "arbitrum",
  opstack: "op",
  polkadotsubstrate: "metered",
  zksync: "metered",
};

/** The fields of `transactionOverrides` that a run may have otherwise than the chain's entry. */
export const FEE_FIELDS = [
  "gasPrice",
  "maxFeePerGas",
  "maxPriorityFeePerGas",
  "minGasPrice",
  "minFeePerGas",
  "minPriorityFeePerGas",
  "gasPriceCap",
] as const;

/** A chain's field and its amount in wei. */
export type FeeOverride = { name: string; field: (typeof FEE_FIELDS)[number]; wei: Wei };

/**
 * The chain with what a run has otherwise than its entry. Throws `bad-input` for a contradiction.
 */
export function withFees<Chain extends GasFields & { name: string }>(
  chain: Chain,
  fees: FeeOverride[] = [],
): Chain {
  const own = fees.filter(({ name }) => name === chain.name);
  if (own.length === 0) return chain;
  const given = own.map(({ field, wei }) => [field, wei.toString()]);
  const merged = { ...chain.transactionOverrides, ...Object.fromEntries(given) };
  const parsed = transactionOverrides.safeParse(merged);
  if (parsed.success) return { ...chain, transactionOverrides: parsed.data };
  throw new ActionError("bad-input", {
    what: `"fees" contradicts the chains file on ${chain.name}.`,
    why: `With both, ${parsed.error.issues[0]?.message}`,
    next: "Correct the input `fees`, or `transactionOverrides` in the chains file.",
  });
}

type Given = z.output<typeof transactionOverrides>;

/** What a chain's entry says of gas. */
export type GasFields = {
  technicalStack?: string | undefined;
  transactionOverrides: Given;
  playbook?: z.output<typeof ownFields> | undefined;
};

/** The preset of a chain's family with what its entry has otherwise. */
export function gasPolicy({
  technicalStack,
  transactionOverrides,
  playbook,
}: GasFields): GasPolicy {
  const given = transactionOverrides;
  const legacy = given.gasPrice !== undefined;
  const family = STACKS[technicalStack ?? ""] ?? (legacy ? "legacy" : "ethereum");
  const base = PRESETS[playbook?.gas?.preset ?? family];
  const multiplier = percentOf(given, "gasPrice");
  return {
    ...base,
    type: legacy ? "legacy" : base.type,
    baseFeePercent: multiplier ?? base.baseFeePercent,
    gasPricePercent: multiplier ?? base.gasPricePercent,
    floor: floorOf(given),
    tipFloor: wei(given.minPriorityFeePerGas) ?? 0n,
    tip: wei(given.maxPriorityFeePerGas),
    cap: capOf(given),
    bump: playbook?.gas?.bump ?? base.bump,
    margin: percentOf(given, "gasLimit"),
  };
}

function floorOf({ gasPrice, minGasPrice, minFeePerGas, ...given }: Given): Wei {
  const floors = [gasPrice, minGasPrice, minFeePerGas, given.minPriorityFeePerGas];
  return floors.map((one) => wei(one) ?? 0n).reduce((most, one) => (one > most ? one : most));
}

function capOf({ maxFeePerGas, gasPriceCap }: Given): Wei | null {
  const caps = [maxFeePerGas, gasPriceCap].flatMap((one) => wei(one) ?? []);
  return caps.reduce<Wei | null>(
    (least, one) => (least === null || one < least ? one : least),
    null,
  );
}

function percentOf(given: Given, name: "gasPrice" | "gasLimit"): number | null {
  const over = given[`${name}MultiplierNumerator`];
  const under = given[`${name}MultiplierDenominator`];
  return over && under ? Math.ceil((over * 100) / under) : null;
}

function wei(value: string | number | undefined): Wei | null {
  return value === undefined ? null : BigInt(value);
}
