import fc from "fast-check";
import { bump, ceiling, type Fees, type Market, quote, tooLow } from "../src/fees.ts";

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

test("geth takes any replacement of ours: 10 % more in each field", () => {
  const amount = fc.bigInt(0n, 10n ** 13n);
  fc.assert(
    fc.property(amount, amount, amount, amount, (a, b, base, tip) => {
      const before = dynamic(a + b, b);
      const after = bump(before, asks(base, tip));
      if (after.type !== "eip1559" || before.type !== "eip1559") return false;
      const enough = (old: bigint, now: bigint) => now > old && now * 100n >= old * 110n;
      return (
        enough(before.maxFeePerGas, after.maxFeePerGas) &&
        enough(before.maxPriorityFeePerGas, after.maxPriorityFeePerGas) &&
        after.maxPriorityFeePerGas <= after.maxFeePerGas
      );
    }),
    { seed: 3 },
  );
});

test("too low is what the next block would not take", () => {
  expect(tooLow(dynamic(99n, 1n), asks(100n, 1n))).toBe(true);
  expect(tooLow(dynamic(100n, 1n), asks(100n, 1n))).toBe(false);
  expect(tooLow(legacy(4n), { type: "legacy", gasPrice: 5n })).toBe(true);
  expect(ceiling(legacy(4n))).toBe(4n);
});
