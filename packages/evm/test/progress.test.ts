import { descendants, progressOf, settlementOf } from "../src/broadcaster/progress.ts";
import type { Body } from "../src/index.ts";
import {
  bytes,
  fees,
  GWEI,
  hashOf,
  ledgerOf,
  look,
  type Open,
  receipt,
  step,
  steps,
} from "./standing.ts";

const MAX = 100_000n * 3n * GWEI;

const progress = (ledger: Open, seen = look(), plan = steps(ledger.open.steps)) =>
  progressOf(plan, ledger, ledger.open, seen);

test("slots are mined or open, steps signed or not", async () => {
  const ledger = await ledgerOf(4, 3);
  const found = progress(ledger, look({ mined: [receipt(hashOf(ledger, 0), 9)] }));

  expect(found.mined.map(({ slot }) => slot.nonce)).toEqual([0]);
  expect(found.open.map(({ nonce }) => nonce)).toEqual([1, 2]);
  expect(found.unsigned.map(({ nonce }) => nonce)).toEqual([3]);
  expect(found.nextNonce).toBe(3);
  expect([...found.done]).toEqual(["a/0"]);
});

test("final are the leading slots whose receipts are: none above one that is not", async () => {
  const ledger = await ledgerOf(3, 3);
  const at = (blocks: number[]) =>
    look({ mined: blocks.map((block, nonce) => receipt(hashOf(ledger, nonce), block)), final: 8 });
  const final = (blocks: number[]) => progress(ledger, at(blocks)).final.length;

  expect([final([7, 8, 8]), final([7, 8, 9]), final([9, 8, 8]), final([7])]).toEqual([3, 2, 0, 1]);
});

test("a receipt from above the head does not count yet", async () => {
  const ledger = await ledgerOf(1, 1);
  expect(progress(ledger, look({ mined: [receipt(hashOf(ledger, 0), 11)] })).mined).toEqual([]);
});

test("a cancellation's receipt makes its step neither done nor failed", async () => {
  const nothing: Body = { kind: "cancelled", transactions: [await bytes(0, null)], why: "" };
  const ledger = await ledgerOf(1, 1, [nothing]);
  const found = progress(ledger, look({ mined: [receipt(hashOf(ledger, 0), 9)] }));

  expect([found.done.size, found.failed.size, found.mined.length]).toEqual([0, 0, 1]);
});

test("a step that took effect although it was cancelled is done", async () => {
  const nothing: Body = { kind: "cancelled", transactions: [await bytes(0, null)], why: "" };
  const ledger = await ledgerOf(1, 1, [nothing]);
  const found = progress(ledger, look({ mined: [receipt(hashOf(ledger, 0, 0), 9)] }));

  expect([...found.done]).toEqual(["a/0"]);
});

test("voided is what depends on a failed step, however far", () => {
  const plan = [step(0), step(1, { after: [] }), step(2, { after: ["a/0"] }), step(3)];
  expect([...descendants(plan, new Set(["a/0"]))]).toEqual(["a/2", "a/3"]);
  expect([...descendants(plan, new Set(["a/1"]))]).toEqual([]);
});

test("committed is what is settled at its cost and what is open at its dearest candidate", async () => {
  const dearer = await bytes(1, step(1), fees(5n * GWEI, 2n * GWEI));
  const cheaper = await bytes(1, null, fees(4n * GWEI, 2n * GWEI));
  const ledger = await ledgerOf(3, 2, [
    { kind: "replaced", transactions: [dearer] },
    { kind: "cancelled", transactions: [cheaper], why: "" },
  ]);
  expect(progress(ledger).committed).toBe(MAX + 100_000n * 5n * GWEI);

  const cost = { step: "a/0", nonce: 0, hash: hashOf(ledger, 0), block: 9, gasUsed: 1, fee: 77n };
  const settled = async (succeeded: boolean) => {
    const entry: Body = { kind: "settled", settlements: [{ ...cost, succeeded }] };
    const after = await ledgerOf(3, 2, [entry]);
    const plan = [step(0, { value: 5n }), step(1), step(2)];
    return progressOf(plan, after, after.open, look()).committed;
  };
  expect(await settled(true)).toBe(77n + 5n + MAX);
  expect(await settled(false)).toBe(77n + MAX);
});

test("a settlement's fee is gas at the price paid, and what a rollup took for its data", async () => {
  const ledger = await ledgerOf(1, 1);
  const fee = (over: object) => {
    const seen = look({ mined: [receipt(hashOf(ledger, 0), 9, over)] });
    return progress(ledger, seen).mined.map(settlementOf)[0]?.fee;
  };

  expect(fee({})).toBe(50_000n * 2n * GWEI);
  expect(fee({ dataFee: 9n })).toBe(50_000n * 2n * GWEI + 9n);
  // A node that does not tell the price: the most that it can have been.
  expect(fee({ price: null })).toBe(50_000n * 3n * GWEI);
});
