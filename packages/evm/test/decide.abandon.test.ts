import type { Body } from "../src/index.ts";
import { bytes, fees, GWEI, ledgerOf, look, type Open, PLAN, receipt, step } from "./standing.ts";
import { decided, mined, told } from "./told.ts";

const abandoned: Body = { kind: "abandoned", plan: PLAN };

/** A plan of five steps that was given up when so many were signed. */
const givenUp = (signed: number, more: Body[] = []) => ledgerOf(5, signed, [abandoned, ...more]);

async function cancellations(...nonces: number[]): Promise<Body> {
  const offer = fees(4n * GWEI, 2n * GWEI);
  const transactions = await Promise.all(nonces.map((nonce) => bytes(nonce, null, offer)));
  return { kind: "cancelled", transactions, why: "the release was given up" };
}

const hash = (ledger: Open, nonce: number) => mined(ledger, 10, nonce).at(0)?.hash ?? "0x";

describe("a plan that was given up", () => {
  test("is closed at once when nothing is signed", async () => {
    expect(told(decided({ ledger: await givenUp(0) }))).toBe("close abandoned");
  });

  test("has every nonce cancelled that is in no block, and nothing more signed or sent", async () => {
    const ledger = await givenUp(3);
    const decision = decided({ ledger, seen: look({ mined: mined(ledger, 9, 0) }) });
    expect(told(decision)).toBe("cancel 1,2");
    expect(decision).toMatchObject({
      slots: [{ fees: fees(3_300_000_001n, 1_100_000_001n) }, {}],
      why: "the release was given up",
    });
  });

  test("sends the cancellations, and never a step again", async () => {
    const ledger = await givenUp(3, [await cancellations(0, 1, 2)]);
    const decision = decided({ ledger });
    expect(told(decision)).toBe("send 0,1,2");
    expect(decision).toMatchObject({
      candidates: [{ step: null }, { step: null }, { step: null }],
    });
    expect(decision).not.toHaveProperty("ahead");
  });

  test("is closed when all is final, whichever of step and cancellation it was", async () => {
    const ledger = await givenUp(2, [await cancellations(0, 1)]);
    const [first] = ledger.open.slots;
    const both = [receipt(first?.candidates[0]?.hash ?? "0x", 9), receipt(hash(ledger, 1), 10)];
    expect(told(decided({ ledger, seen: look({ mined: both, final: 9 }) }))).toBe("wait");
    expect(told(decided({ ledger, seen: look({ mined: both }) }))).toBe("settle 0,1");
  });

  test("traces a nonce that somebody else used, once all before it is settled", async () => {
    const ledger = await givenUp(3);
    const seen = { mined: mined(ledger, 9, 0), nonce: 2 };
    expect(told(decided({ ledger, seen: look(seen) }))).toBe("settle 0");
    expect(told(decided({ ledger, seen: look({ ...seen, final: 8 }) }))).toBe("trace 1");
  });

  test("leaves nonces above its own to whoever uses them", async () => {
    const ledger = await givenUp(1);
    const seen = look({ mined: mined(ledger, 10, 0), nonce: 4 });
    expect(told(decided({ ledger, seen }))).toBe("settle 0");
  });
});

describe("a budget for a plan that was given up", () => {
  // Signed: 300,000 gwei each. Cancelled at these prices: 420,000 gwei each.
  const prices = look({ market: { type: "eip1559", baseFee: 2n * GWEI, priorityFee: GWEI / 5n } });
  const cheap = (signed: number) => givenUp(signed);

  test("bounds how many nonces are cancelled at once", async () => {
    const budget = 1_050_000n * GWEI;
    const decision = decided({ ledger: await cheap(3), seen: prices, policy: { budget } });
    expect(told(decision)).toBe("cancel 0");
  });

  test("stops it when it does not reach for the next one", async () => {
    const policy = { budget: 900_000n * GWEI };
    const ledger = await cheap(3);
    expect(told(decided({ ledger, seen: prices, policy }))).toBe("stop budget-reached");
  });

  test("counts what is settled with its cost, and so settles before it stops", async () => {
    const policy = { budget: 900_000n * GWEI };
    const ledger = await cheap(3);
    const some = { ...prices, ...look({ mined: mined(ledger, 9, 0) }), market: prices.market };
    expect(told(decided({ ledger, seen: { ...some, final: 8 }, policy }))).toBe("wait");
    expect(told(decided({ ledger, seen: some, policy }))).toBe("settle 0");
  });

  test("does not keep from a cancellation that is cheaper than its step", async () => {
    const ledger = await cheap(3);
    const large = ledger.open.slots.map((slot) => ({
      ...slot,
      candidates: slot.candidates.map((one) => ({ ...one, gas: 500_000 })),
    }));
    const own = { ...ledger, open: { ...ledger.open, slots: large } };
    const policy = { budget: 0n };
    expect(told(decided({ ledger: own, seen: prices, policy }))).toBe("cancel 0,1,2");
  });
});

test("what reverted changes nothing for a plan that was given up", async () => {
  const plan = [step(0), step(1), step(2, { after: ["a/0"] })];
  const ledger = await ledgerOf(3, 2, [abandoned]);
  const failed = [receipt(hash(await ledgerOf(3, 2), 0), 9, { succeeded: false })];
  expect(told(decided({ plan, ledger, seen: look({ mined: failed }) }))).toBe("cancel 1");
  const first = ledger.open.slots[0]?.candidates[0]?.hash;
  expect(failed[0]?.hash).toBe(first);
});
