import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { dearestOf, type Progress } from "../src/broadcaster/progress.ts";
import { replacements } from "../src/broadcaster/replacement.ts";
import { ceiling, type Fees, type Market, overCap, quote } from "../src/fees.ts";
import { type GasPolicy, PRESETS } from "../src/gas-policy.ts";
import type { Hex, Slot } from "../src/index.ts";
import { newest } from "../src/ledger/state.ts";
import { look, sentAt } from "./standing.ts";

const wei = fc.bigInt(0n, 10n ** 12n);
const dataPrice = fc.option(fc.record({ perTransaction: wei, perByte: wei }), { nil: undefined });

const market: fc.Arbitrary<Market> = fc.oneof(
  fc.record({ type: fc.constant("eip1559" as const), baseFee: wei, priorityFee: wei }),
  fc.record({ type: fc.constant("legacy" as const), gasPrice: wei }),
);

const policy: fc.Arbitrary<GasPolicy> = fc
  .record({
    type: fc.constantFrom("market" as const, "legacy" as const),
    bump: fc.integer({ min: 1, max: 60 }),
    floor: wei,
    cap: fc.option(wei),
  })
  .map((over) => ({ ...PRESETS.ethereum, ...over }));

let hashes = 0;
function signed(slot: Omit<Slot, "candidates">, fees: Fees, gas: number): Slot["candidates"][0] {
  hashes += 1;
  const hash: Hex = `0x${hashes.toString(16).padStart(64, "0")}`;
  return { step: slot.step, hash, raw: `0x${"ab".repeat(300)}`, fees, gas, value: 3n };
}

function opened(gas: number[], fees: Fees): Slot[] {
  return gas.map((each, nonce) => {
    const slot = { nonce, step: `a/${nonce}` };
    return { ...slot, candidates: [signed(slot, fees, each)] };
  });
}

/** The dearest that all open nonces can come to, at this price of data. */
const committed = (slots: Slot[], now: Market) =>
  slots.reduce((sum, slot) => sum + dearestOf(slot, now), 0n);

/** One look at which all slots are stuck: what is replaced is signed, whatever the decision. */
function replaceOnce(slots: Slot[], now: Market, gas: GasPolicy, budget: bigint | null): Slot[] {
  const memory = sentAt(
    0,
    slots.map((slot) => newest(slot).hash),
    { verdict: "fee-too-low", said: "underpriced" },
  );
  const progress = { open: slots, committed: committed(slots, now) } as Progress;
  const terms = { window: 16, patience: 3, budget, gas };
  const { affordable } = replacements(progress, look({ market: now }), memory, terms);
  return slots.map((slot) => {
    const dearer = affordable.find((one) => one.slot.nonce === slot.nonce);
    if (!dearer) return slot;
    const next = signed(slot, dearer.fees, newest(slot).gas);
    return { ...slot, candidates: [...slot.candidates, next] };
  });
}

const tip = (fees: Fees) => (fees.type === "legacy" ? fees.gasPrice : fees.maxPriorityFeePerGas);

const given = fc.record({
  gas: fc.array(fc.integer({ min: 21_000, max: 3_000_000 }), { minLength: 1, maxLength: 4 }),
  markets: fc.array(market, { minLength: 1, maxLength: 12 }),
  data: dataPrice,
  policy,
  /** Of what the first signatures may cost, in percent. */
  budget: fc.option(fc.integer({ min: 100, max: 400 })),
});

test("over any sequence of markets, replacements stay within budget and cap, and each is a real bump", () => {
  fc.assert(
    fc.property(given, ({ gas, markets, data, policy, budget }) => {
      const [first, ...later] = markets.map((one) => ({ ...one, data })) as [Market, ...Market[]];
      let slots = opened(gas, quote(first, policy));
      const most = budget === null ? null : (committed(slots, first) * BigInt(budget)) / 100n;
      for (const now of later) slots = replaceOnce(slots, now, policy, most);

      if (most !== null) expect(committed(slots, first)).toBeLessThanOrEqual(most);
      for (const { candidates } of slots) {
        for (const { fees } of candidates) expect(overCap(fees, policy)).toBe(false);
        candidates.slice(1).forEach(({ fees }, index) => {
          const before = candidates[index]?.fees as Fees;
          const demanded = BigInt(100 + policy.bump);
          expect(ceiling(fees) * 100n).toBeGreaterThanOrEqual(ceiling(before) * demanded);
          expect(ceiling(fees)).toBeGreaterThan(ceiling(before));
          if (before.type === "legacy" || fees.type === "legacy") return;
          expect(tip(fees) * 100n).toBeGreaterThanOrEqual(tip(before) * demanded);
          expect(tip(fees)).toBeLessThanOrEqual(ceiling(fees));
        });
      }
    }),
    chance(300),
  );
});
