import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import {
  type Amounts,
  obstacleTo,
  type Payee,
  totalOf,
  transfersTo,
} from "../../src/funding/transfers.ts";

const wei = fc.bigInt({ min: 0n, max: 40n });

const payees: fc.Arbitrary<Payee[]> = fc
  .array(fc.record({ isValidator: fc.boolean(), balance: wei, needed: wei }), { maxLength: 6 })
  .map((all) =>
    all.map(({ isValidator, ...one }, at) => ({
      ...{ name: `agent-${at}`, address: `0x${`${at}`.repeat(40)}` as const },
      ...{ kind: isValidator ? "validator" : "relayer", ...one },
    })),
  );

const amounts: fc.Arbitrary<Amounts> = fc.record(
  { validator: wei, relayer: wei, below: wei },
  { requiredKeys: [] },
);

/** What everybody has once all of it has arrived. */
function after(all: readonly Payee[], given: ReturnType<typeof transfersTo>): Payee[] {
  return all.map((one) => {
    const value = given.find(({ name }) => name === one.name)?.value ?? 0n;
    return { ...one, balance: one.balance + value };
  });
}

test("nobody is paid beyond what is aimed at, nobody nothing, and nobody a second time", () => {
  fc.assert(
    fc.property(payees, amounts, (all, aimed) => {
      const given = transfersTo(all, aimed);
      for (const { name, balance, value } of given) {
        const kind = all.find((one) => one.name === name)?.kind ?? "relayer";
        expect(value).toBeGreaterThan(0n);
        expect(balance + value).toBe(aimed[kind]);
      }
      expect(new Set(given.map(({ name }) => name)).size).toBe(given.length);
      expect(transfersTo(after(all, given), aimed)).toEqual([]);
    }),
    chance(),
  );
});

test("who has enough for what comes next, and no less than the floor, is left alone", () => {
  fc.assert(
    fc.property(payees, amounts, (all, aimed) => {
      const paid = new Set(transfersTo(all, aimed).map(({ name }) => name));
      for (const { name, kind, balance, needed } of all) {
        const target = aimed[kind] ?? 0n;
        const floor = aimed.below ?? target / 2n;
        const hasEnough = balance >= needed && (balance >= floor || balance >= target);
        expect(paid.has(name)).toBe(balance < target && !hasEnough);
      }
    }),
    chance(),
  );
});

test("a run never spends more than it may, nor what is not there", () => {
  fc.assert(
    fc.property(
      payees,
      amounts,
      fc.record({ gas: wei, allowance: wei, balance: wei }),
      (...one) => {
        const [all, aimed, limits] = one;
        const given = transfersTo(all, aimed);
        const obstacle = obstacleTo(given, limits);
        const cost = totalOf(given) + limits.gas;
        const limit = obstacle?.kind === "coins" ? limits.balance : limits.allowance;
        if (obstacle) expect(obstacle.missing).toBe(cost - limit);
        else if (given.length > 0) {
          expect(cost).toBeLessThanOrEqual(limits.allowance);
          expect(cost).toBeLessThanOrEqual(limits.balance);
        }
      },
    ),
    chance(),
  );
});
