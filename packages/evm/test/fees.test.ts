import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  bump,
  ceiling,
  dataFee,
  type Fees,
  type Market,
  overCap,
  quote,
  tooLow,
} from "../src/fees.ts";
import { type GasPolicy, PRESETS } from "../src/gas-policy.ts";

const dynamic = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Fees => ({
  type: "eip1559",
  maxFeePerGas,
  maxPriorityFeePerGas,
});
const legacy = (gasPrice: bigint): Fees => ({ type: "legacy", gasPrice });
const asks = (baseFee: bigint, priorityFee: bigint): Market => ({
  type: "eip1559",
  baseFee,
  priorityFee,
});

test.each<[string, Market, Fees]>([
  ["room for the base fee to double, and the tip", asks(50n, 3n), dynamic(103n, 3n)],
  ["a chain whose base fee is nothing", asks(0n, 7n), dynamic(7n, 7n)],
  ["a chain without base fee", { type: "legacy", gasPrice: 9n }, legacy(9n)],
])("a quote: %s", (_, market, expected) => {
  expect(quote(market)).toEqual(expected);
});

const policy = (over: Partial<GasPolicy>): GasPolicy => ({ ...PRESETS.ethereum, ...over });
const price = (gasPrice: bigint): Market => ({ type: "legacy", gasPrice });

test.each<[string, Partial<GasPolicy>, Market, Fees]>([
  ["offers a floor where the market asks less", { floor: 80n }, asks(5n, 1n), dynamic(80n, 1n)],
  ["offers a tip of its own", { tip: 9n }, asks(50n, 3n), dynamic(109n, 9n)],
  ["offers no tip under its floor", { tipFloor: 9n }, asks(50n, 3n), dynamic(109n, 9n)],
  ["ends at a cap", { cap: 60n }, asks(50n, 3n), dynamic(60n, 3n)],
  ["ends at a cap below the tip", { cap: 2n }, asks(50n, 3n), dynamic(2n, 2n)],
  ["leaves other room", { baseFeePercent: 150 }, asks(50n, 3n), dynamic(78n, 3n)],
  ["is a gas price where that is wanted", { type: "legacy" }, asks(100n, 3n), legacy(128n)],
  ["is a gas price of a floor", { type: "legacy", floor: 900n }, asks(100n, 3n), legacy(900n)],
  ["multiplies a gas price", { gasPricePercent: 120 }, price(100n), legacy(120n)],
])("a policy's quote %s", (_, over, market, expected) => {
  expect(quote(market, policy(over))).toEqual(expected);
});

test("what a rollup charges for data counts twice, by the byte: it may rise until a block takes it", () => {
  const data = { perTransaction: 1_000n, perByte: 10n };
  expect(dataFee({ ...asks(1n, 1n), data }, `0x${"ab".repeat(100)}`)).toBe(2n * (1_000n + 3_000n));
  expect(dataFee(asks(1n, 1n), "0xabcd")).toBe(0n);
});

test.each<[string, Fees, Market, Fees]>([
  ["10 % and one more, in both fields", dynamic(100n, 10n), asks(1n, 1n), dynamic(111n, 12n)],
  [
    "what the market asks, if that is more",
    dynamic(100n, 10n),
    asks(500n, 40n),
    dynamic(1040n, 40n),
  ],
  ["each field for itself", dynamic(100n, 10n), asks(500n, 1n), dynamic(1001n, 12n)],
  ["never a tip above the ceiling", dynamic(10n, 10n), asks(0n, 90n), dynamic(90n, 90n)],
  ["from nothing", dynamic(0n, 0n), asks(0n, 0n), dynamic(1n, 1n)],
  ["legacy", legacy(100n), { type: "legacy", gasPrice: 5n }, legacy(111n)],
  [
    "legacy, and the market asks more",
    legacy(100n),
    { type: "legacy", gasPrice: 500n },
    legacy(500n),
  ],
  [
    "legacy that was signed before the chain had a base fee",
    legacy(100n),
    asks(9n, 1n),
    legacy(111n),
  ],
])("a replacement: %s", (_, before, market, expected) => {
  expect(bump(before, market)).toEqual(expected);
});

test("a pool takes any replacement of ours: more in each field by what it demands", () => {
  const amount = fc.bigInt(0n, 10n ** 13n);
  const given = [amount, amount, amount, amount, fc.integer({ min: 1, max: 100 })] as const;
  fc.assert(
    fc.property(...given, fc.option(amount, { freq: 2 }), (a, b, base, tip, percent, cap) => {
      const before = dynamic(a + b, b);
      const after = bump(before, asks(base, tip), policy({ bump: percent, cap }));
      if (after.type !== "eip1559" || before.type !== "eip1559") return false;
      const demanded = BigInt(100 + percent);
      const enough = (old: bigint, now: bigint) => now > old && now * 100n >= old * demanded;
      return (
        enough(before.maxFeePerGas, after.maxFeePerGas) &&
        enough(before.maxPriorityFeePerGas, after.maxPriorityFeePerGas) &&
        after.maxPriorityFeePerGas <= after.maxFeePerGas
      );
    }),
    chance(),
  );
});

test("a replacement goes to the cap when the market is above it, and over it only by what pools demand", () => {
  const capped = policy({ cap: 120n });
  const within = bump(dynamic(100n, 10n), asks(500n, 10n), capped);
  expect(within).toEqual(dynamic(120n, 12n));
  expect(overCap(within, capped)).toBe(false);
  const over = bump(dynamic(115n, 10n), asks(500n, 10n), capped);
  expect(over).toEqual(dynamic(127n, 12n));
  expect(overCap(over, capped)).toBe(true);
});

test("too low is what the next block would not take", () => {
  expect(tooLow(dynamic(99n, 1n), asks(100n, 1n))).toBe(true);
  expect(tooLow(dynamic(100n, 1n), asks(100n, 1n))).toBe(false);
  expect(tooLow(legacy(4n), { type: "legacy", gasPrice: 5n })).toBe(true);
  expect(ceiling(legacy(4n))).toBe(4n);
});
