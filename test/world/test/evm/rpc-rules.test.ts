import { concerns, type Rule, RuleBook, strikes } from "../../src/evm/rpc-rules.ts";

const call = (method: string, ...params: unknown[]) => ({ method, params });
const drop = { kind: "drop" } as const;

test.each<{ says: string; rule: Omit<Rule, "action">; method: string; expected: boolean }>([
  { says: "no method concerns all", rule: {}, method: "eth_call", expected: true },
  { says: "its method", rule: { method: "eth_call" }, method: "eth_call", expected: true },
  { says: "no other", rule: { method: "eth_call" }, method: "eth_callMany", expected: false },
  { says: "a pattern", rule: { method: /^eth_get/ }, method: "eth_getCode", expected: true },
  { says: "no misfit", rule: { method: /^eth_get/ }, method: "eth_call", expected: false },
])("a rule concerns what it names: $says", ({ rule, method, expected }) => {
  expect(concerns({ ...rule, action: drop }, call(method))).toBe(expected);
});

test("a rule can look at the parameters", () => {
  const rule: Rule = { where: ({ params }) => params[0] === "0xaa", action: drop };

  expect(concerns(rule, call("eth_getBalance", "0xaa"))).toBe(true);
  expect(concerns(rule, call("eth_getBalance", "0xbb"))).toBe(false);
});

test.each([
  { says: "the next call, once", rule: {}, struck: [1] },
  { says: "the third", rule: { nth: 3 }, struck: [3] },
  { says: "two from the second on", rule: { nth: 2, times: 2 }, struck: [2, 3] },
  { says: "all from the fourth on", rule: { nth: 4, times: Infinity }, struck: [4, 5] },
])("a rule strikes $says", ({ rule, struck }) => {
  const counts = [1, 2, 3, 4, 5].filter((count) => strikes({ ...rule, action: drop }, count));

  expect(counts).toEqual(struck);
});

describe("a book of rules", () => {
  test("counts only the calls that a rule concerns", () => {
    const book = new RuleBook();
    book.add({ method: "eth_sendRawTransaction", nth: 2, action: drop });

    const actions = ["eth_sendRawTransaction", "eth_call", "eth_sendRawTransaction"].map((method) =>
      book.actionFor(call(method)),
    );

    expect(actions).toEqual([undefined, undefined, drop]);
  });

  test("lets the older of two rules decide", () => {
    const book = new RuleBook();
    const older = book.add({ action: drop });
    const newer = book.add({ times: 2, action: { kind: "delay", ms: 1 } });

    const first = book.actionFor(call("eth_call"));
    const second = book.actionFor(call("eth_call"));

    expect([first?.kind, second?.kind]).toEqual(["drop", "delay"]);
    expect([older.hits, newer.hits]).toEqual([1, 1]);
  });

  test("forgets a rule that is removed", () => {
    const book = new RuleBook();
    const rule = book.add({ times: Infinity, action: drop });
    book.actionFor(call("eth_call"));

    rule.remove();

    expect(book.actionFor(call("eth_call"))).toBeUndefined();
    expect(rule.hits).toBe(1);
  });
});
