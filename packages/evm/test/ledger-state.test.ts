import type { Body } from "../src/index.ts";
import { apply, replay } from "../src/ledger/state.ts";
import { adopted, bytes, fees, GENESIS, GWEI, opened, PLAN, SIGNER, step } from "./standing.ts";

type Transactions = Extract<Body, { kind: "signed" }>["transactions"];

let zero: Transactions[number];
let one: Transactions[number];
let dearer: Transactions[number];
let nothing: Transactions[number];
beforeAll(async () => {
  zero = await bytes(0);
  one = await bytes(1);
  dearer = await bytes(0, step(0), fees(5n * GWEI, 2n * GWEI));
  nothing = await bytes(0, null, fees(6n * GWEI, 3n * GWEI));
});

const signed = (...transactions: Transactions): Body => ({ kind: "signed", transactions });
const replaced = (...transactions: Transactions): Body => ({ kind: "replaced", transactions });
const cancelled = (...transactions: Transactions): Body => ({
  kind: "cancelled",
  transactions,
  why: "a/0 reverted",
});

const abandoned: Body = { kind: "abandoned", plan: PLAN };

const foreign = (upTo: number): Body => ({
  kind: "foreign",
  upTo,
  hash: `0x${"ee".repeat(32)}`,
  block: 9,
});

const settled = (...transactions: Transactions): Body => ({
  kind: "settled",
  settlements: transactions.map(({ step, nonce, hash }) => ({
    step,
    nonce,
    hash,
    block: 7 + nonce,
    succeeded: true,
    gasUsed: 21_000,
    fee: 5n,
  })),
});

const GIVEN_UP = { outcome: "abandoned" };

const closed = (nonce: number, over: object = {}): Body => ({
  kind: "closed",
  plan: PLAN,
  deployment: "acme one",
  outcome: "complete",
  genesis: GENESIS,
  chainId: 1,
  signer: SIGNER,
  nonce,
  block: 8,
  ...over,
});

test("a plan's life: adopted, opened, signed, replaced, settled, closed", () => {
  const life = [adopted, opened(2), signed(zero, one), replaced(dearer), settled(dearer, one)];

  const open = replay(life);
  expect(open).toMatchObject({ nonce: 2, block: 8, open: { slots: [], settled: [{}, {}] } });
  expect(replay([...life, closed(2)])).toMatchObject({
    nonce: 2,
    open: null,
    last: { plan: PLAN, outcome: "complete", settled: { length: 2 } },
  });
});

test("reading begins at a close as well as at the first entry", () => {
  const next: Body = { ...opened(1), firstNonce: 2, plan: "sha256:next" } as Body;

  expect(replay([closed(2), next])).toMatchObject({
    nonce: 2,
    open: { plan: "sha256:next", firstNonce: 2 },
    last: { plan: PLAN, settled: [] },
  });
});

test("every candidate of a nonce is kept, in the order of signing", () => {
  const state = replay([adopted, opened(1), signed(zero), replaced(dearer), cancelled(nothing)]);

  expect(state?.open?.slots[0]).toMatchObject({ nonce: 0, step: "a/0" });
  expect(state?.open?.slots[0]?.candidates.map(({ step, hash }) => [step, hash])).toEqual([
    ["a/0", zero.hash],
    ["a/0", dearer.hash],
    [null, nothing.hash],
  ]);
});

test("what a candidate offers is read from its bytes, whatever is written beside them", () => {
  const state = replay([adopted, opened(1), signed(dearer)]);

  expect(state?.open?.slots[0]?.candidates[0]).toMatchObject({
    fees: fees(5n * GWEI, 2n * GWEI),
    gas: 100_000,
    value: 0n,
  });
});

describe("a plan that is given up", () => {
  const start = () => [adopted, opened(2), signed(zero, one), abandoned];

  test("has its nonces cancelled, settled or proven foreign, in order, then it is closed", () => {
    const life = [...start(), cancelled(nothing), settled(nothing), foreign(2)];
    const before = replay(life);
    const end = replay([...life, closed(2, { outcome: "abandoned", block: 9 })]);

    expect(before).toMatchObject({
      nonce: 2,
      block: 9,
      open: { abandoned: true, slots: [], settled: [{ nonce: 0 }], foreign: [{ nonce: 1 }] },
    });
    expect(end).toMatchObject({ nonce: 2, open: null, last: { outcome: "abandoned" } });
  });

  test("may be so before anything was signed", () => {
    const end = replay([adopted, opened(2), abandoned, closed(0, { outcome: "abandoned" })]);

    expect(end).toMatchObject({ nonce: 0, open: null, last: { outcome: "abandoned" } });
  });
});

test("nonces that somebody else used between two plans are passed over", () => {
  const next = { ...opened(1), firstNonce: 7 } as Body;

  expect(replay([adopted, foreign(5), foreign(7), next])).toMatchObject({
    nonce: 7,
    block: 9,
    open: { firstNonce: 7 },
  });
});

test("a state is not changed by what follows it", () => {
  const before = replay([adopted, opened(2), signed(zero)]);
  const copy = structuredClone(before);

  apply(apply(before, signed(one)), replaced(dearer));

  expect(before).toEqual(copy);
});

describe("an entry that cannot be there is refused:", () => {
  const start = [adopted, opened(2)];

  test.each<[string, () => Body[]]>([
    ["a ledger is adopted once", () => [adopted, adopted]],
    ["opened comes before the ledger was adopted", () => [opened(1)]],
    ["signed comes before the ledger was adopted", () => [signed(zero)]],
    ["signed comes without an open plan", () => [adopted, signed(zero)]],
    ["settled comes without an open plan", () => [adopted, settled(zero)]],
    ["a plan is opened while another is open", () => [...start, opened(1)]],
    [
      "a plan starts at a nonce that is not the next",
      () => [adopted, { ...opened(1), firstNonce: 1 } as Body],
    ],
    ["nonce 1 is signed out of order", () => [...start, signed(one)]],
    ["nonce 0 is signed out of order", () => [...start, signed(zero), signed(zero)]],
    ["nonce 1 is signed out of order", () => [...start, signed(one, zero)]],
    ["more is signed than the plan has steps", () => [adopted, opened(1), signed(zero, one)]],
    ["nonce 0 is replaced before it was signed", () => [...start, replaced(dearer)]],
    ["nonce 0 is replaced before it was signed", () => [...start, cancelled(nothing)]],
    ["nonce 1 is settled out of order", () => [...start, signed(zero, one), settled(one)]],
    [
      "nonce 0 is settled by a transaction that is none of ours",
      () => [...start, signed(zero), settled(dearer)],
    ],
    ["a plan is closed that is not open", () => [adopted, closed(0)]],
    ["a plan is closed that is not open", () => [...start, closed(0, { plan: "sha256:other" })]],
    ["a plan is closed over unsettled nonces", () => [...start, signed(zero), closed(0)]],
    ["a plan is closed at another nonce than it reached", () => [...start, closed(1)]],
    [
      "a plan is closed for another key or chain",
      () => [...start, closed(0, { genesis: `0x${"cd".repeat(32)}` })],
    ],
    ["abandoned comes without an open plan", () => [adopted, abandoned]],
    [
      "a plan is given up that is not open",
      () => [...start, { ...abandoned, plan: "sha256:other" } as Body],
    ],
    ["a plan is given up twice", () => [...start, abandoned, abandoned]],
    ["a step is signed after the plan was given up", () => [...start, abandoned, signed(zero)]],
    [
      "a step is replaced after the plan was given up",
      () => [...start, signed(zero), abandoned, replaced(dearer)],
    ],
    ["as ended that was given up", () => [...start, abandoned, closed(0)]],
    ["a plan is closed as given up that was not", () => [...start, closed(0, GIVEN_UP)]],
    ["foreign comes before the ledger was adopted", () => [foreign(1)]],
    ["nonces were used elsewhere that are settled", () => [adopted, foreign(0)]],
    ["nonces of an open plan were used elsewhere", () => [...start, signed(zero), foreign(1)]],
    ["nonces of an open plan were used elsewhere", () => [...start, abandoned, foreign(1)]],
    [
      "nonces of an open plan were used elsewhere",
      () => [...start, signed(zero, one), abandoned, foreign(2)],
    ],
    [
      "the bytes of nonce 0 have another hash than it says",
      () => [...start, signed({ ...zero, hash: one.hash })],
    ],
    ["the bytes of nonce 0 carry another nonce", () => [...start, signed({ ...one, nonce: 0 })]],
    [
      "the bytes of nonce 0 are no signed transaction",
      () => [...start, signed({ ...zero, raw: "0xdead" })],
    ],
    [
      "the bytes of nonce 0 are for chain 1",
      () => [{ ...adopted, chainId: 2 } as Body, opened(1), signed(zero)],
    ],
  ])("%s", (words, entries) => {
    expect(() => replay(entries())).toThrow(words);
  });
});
