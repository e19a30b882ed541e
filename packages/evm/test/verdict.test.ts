import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { type Answer, contradicting, distance, verdictOf } from "../src/quorum/verdict.ts";
import type { Call } from "../src/rpc.ts";
import type { Outcome } from "../src/rpc-answer.ts";
import { RpcError } from "../src/rpc-error.ts";

const call = (method: string, ...params: unknown[]): Call => ({ method, params });

/** Answers of nodes a, b, c…; an error by its words. */
const said = (...results: unknown[]): Answer[] =>
  results.map((result, index) => ({
    host: "abcdef"[index] ?? "?",
    outcome: result instanceof Error ? { error: result as RpcError } : { result },
  }));

const refusal = new RpcError(-32000, "header not found");

const told = (verdict: ReturnType<typeof verdictOf>) => {
  if (!verdict) return "undecided";
  if ("confirm" in verdict) return `confirm ${verdict.confirm}`;
  return "error" in verdict.outcome ? "refused" : verdict.outcome.result;
};

const receipt = (over: object = {}) => ({
  transactionHash: "0xab",
  blockHash: "0xB1",
  blockNumber: "0x5",
  status: "0x1",
  gasUsed: "0x5208",
  ...over,
});
const block = (number: number, hash = `0x${number}`, over: object = {}) => ({
  number: `0x${number.toString(16)}`,
  hash,
  gasLimit: "0x1",
  ...over,
});

const CHAIN = call("eth_chainId");
const NONCE_AT = call("eth_getTransactionCount", "0xaa", "0x10");
const NONCE = call("eth_getTransactionCount", "0xaa", "latest");
const CODE = call("eth_getCode", "0xaa", "latest");
const RECEIPT = call("eth_getTransactionReceipt", "0xab");
const HEAD = call("eth_getBlockByNumber", "latest", false);
const FINAL = call("eth_getBlockByNumber", "finalized", false);
const FIRST = call("eth_getBlockByNumber", "0x0", false);

test.each<[string, Call, Answer[], unknown]>([
  ["two of three make a chain id", CHAIN, said("0x5", "0x7", "0x5"), "0x5"],
  ["three chain ids make none", CHAIN, said("0x5", "0x7", "0x6"), "undecided"],
  ["one answer of three makes none", CHAIN, said("0x5"), "undecided"],
  [
    "two make a genesis",
    FIRST,
    said(block(0, "0xa"), block(0, "0xb"), block(0, "0xa")),
    block(0, "0xa"),
  ],
  ["a nonce at a block that one node has not", NONCE_AT, said("0x3", refusal, "0x3"), "0x3"],
  [
    "a nonce at a block that one node alone has",
    NONCE_AT,
    said("0x3", refusal, refusal),
    "refused",
  ],
  ["code that one node has not yet", CODE, said("0x60", "0x", "0x60"), "0x60"],
  ["code that one node claims", CODE, said("0x60", "0x", "0x"), "0x"],
  [
    "code, and the other node has none: one of them will move",
    CODE,
    said("0x60", "0x"),
    "undecided",
  ],
  ["a receipt that two have", RECEIPT, said(receipt(), null, receipt()), receipt()],
  [
    "a receipt in other letters",
    RECEIPT,
    said(receipt(), receipt({ blockHash: "0xb1" })),
    receipt(),
  ],
  ["a receipt that one has: not yet", RECEIPT, said(receipt(), null, null), null],
  ["a receipt that nobody has", RECEIPT, said(null, null, null), null],
  [
    "receipts that contradict each other",
    RECEIPT,
    said(receipt(), receipt({ status: "0x0" }), null),
    "undecided",
  ],
  [
    "a forged receipt against two",
    RECEIPT,
    said(receipt(), receipt({ status: "0x0" }), receipt()),
    receipt(),
  ],
  ["a nonce that two have reached", NONCE, said("0x9", "0x3", "0x4"), "0x4"],
  ["a nonce that is no number", NONCE, said("0x9", null, "moon"), "undecided"],
  ["the newest block that two have alike", HEAD, said(block(9), block(9), block(7)), block(9)],
  ["the newest block that two have reached", HEAD, said(block(9), block(8), block(7)), "confirm 8"],
  [
    "the newest block in two versions",
    HEAD,
    said(block(9, "0xa"), block(9, "0xb"), block(7)),
    "confirm 9",
  ],
  ["a forged final block", FINAL, said(block(900), block(4), block(4)), block(4)],
  ["a chain too young for a final block", FINAL, said(null, null, block(4)), null],
  ["what two refuse", call("eth_maxPriorityFeePerGas"), said("0x1", refusal, refusal), "refused"],
])("of three nodes, two decide: %s", (_, asked, answers, expected) => {
  expect(told(verdictOf(asked, answers, 2, true))).toEqual(expected);
});

test("what is alike needs no further answer; what may still grow does", () => {
  expect(told(verdictOf(CHAIN, said("0x5", "0x5"), 2, false))).toBe("0x5");
  expect(told(verdictOf(RECEIPT, said(receipt(), receipt()), 2, false))).toEqual(receipt());
  expect(told(verdictOf(RECEIPT, said(null, null), 2, false))).toBe("undecided");
  expect(told(verdictOf(NONCE, said("0x5", "0x5"), 2, false))).toBe("undecided");
});

test("a block is alike with what is in it, where that was asked for", () => {
  const whole = call("eth_getBlockByNumber", "0x5", true);
  const holding = (nonce: string) =>
    block(5, "0xa", { transactions: [{ hash: "0x1", from: "0xF", nonce }] });
  expect(told(verdictOf(whole, said(holding("0x1"), holding("0x2")), 2, true))).toBe("undecided");
  expect(told(verdictOf(whole, said(holding("0x1"), holding("0x1")), 2, true))).toEqual(
    holding("0x1"),
  );
});

test("a contradiction is another answer to the same; not to know yet is none", () => {
  const decided: Outcome = { result: receipt() };
  const answers = said(receipt(), null, receipt({ status: "0x0" }), refusal);
  expect(contradicting(RECEIPT, answers, decided)).toEqual(["c"]);
  expect(contradicting(CODE, said("0x60", "0x", "0x61"), { result: "0x60" })).toEqual(["c"]);
  expect(contradicting(NONCE, said("0x1", "0x9"), { result: "0x1" })).toEqual([]);
  expect(distance({ result: block(90) }, { result: block(4) })).toBe(86);
});

const anything = fc.oneof(
  fc.constantFrom<unknown>(null, "0x", "0x5", "0x6", "0xffff", "moon", 7, {}, refusal),
  fc.constantFrom(receipt(), receipt({ status: "0x0" }), block(9), block(900, "0xdead")),
);

describe("as long as fewer lie than decide", () => {
  const house = fc.integer({ min: 2, max: 5 }).chain((need) =>
    fc.record({
      need: fc.constant(need),
      honest: fc.integer({ min: need, max: 5 }),
      lies: fc.array(anything, { maxLength: need - 1 }),
      order: fc.infiniteStream(fc.nat()),
    }),
  );
  const shuffled = (answers: Answer[], order: Iterator<number>) =>
    answers
      .map((answer) => ({ answer, at: order.next().value as number }))
      .sort((one, other) => one.at - other.at)
      .map(({ answer }) => answer);

  test.each<[string, Call, unknown]>([
    ["a chain id", CHAIN, "0x5"],
    ["a nonce in a block", NONCE_AT, "0x5"],
    ["code", CODE, "0x6001"],
    ["a receipt", RECEIPT, receipt()],
    ["a genesis", FIRST, block(0)],
  ])("%s is what honest nodes say", (_, asked, truth) => {
    fc.assert(
      fc.property(house, ({ need, honest, lies, order }) => {
        const answers = shuffled(said(...Array(honest).fill(truth), ...lies), order);
        expect(told(verdictOf(asked, answers, need, true))).toEqual(truth);
        for (let seen = 0; seen <= answers.length; seen += 1) {
          const early = told(verdictOf(asked, answers.slice(0, seen), need, false));
          expect(["undecided", truth]).toContainEqual(early);
        }
      }),
      chance(),
    );
  });

  test("a receipt that only some honest nodes have is that receipt, or not there yet", () => {
    fc.assert(
      fc.property(house, fc.nat(), ({ need, honest, lies, order }, some) => {
        const knowing = some % (honest + 1);
        const truth = Array.from({ length: honest }, (_, at) => (at < knowing ? receipt() : null));
        const answers = shuffled(said(...truth, ...lies), order);
        const verdict = told(verdictOf(RECEIPT, answers, need, true));
        expect(["undecided", null, receipt()]).toContainEqual(verdict);
        if (knowing === 0) expect(verdict).not.toEqual(receipt());
      }),
      chance(),
    );
  });

  test("a number is one that honest nodes have reached, and never beyond all of them", () => {
    const heights = fc.array(fc.nat(1_000), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(house, heights, ({ need, honest, lies, order }, reached) => {
        const truth = reached.slice(0, honest);
        const words = truth.map((number) => `0x${number.toString(16)}`);
        const answers = shuffled(said(...words, ...lies), order);
        const number = Number(told(verdictOf(NONCE, answers, need, true)));
        expect(number).toBeLessThanOrEqual(Math.max(...truth));
        expect(number).toBeGreaterThanOrEqual(Math.min(...truth));
      }),
      chance(),
    );
  });
});
