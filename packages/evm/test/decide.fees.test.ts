import type { SendVerdict } from "../src/refusal.ts";
import {
  bytes,
  fees,
  type Glance,
  GWEI,
  head,
  ledgerOf,
  look,
  market,
  sentAt,
  step,
} from "./standing.ts";
import { decided, hashes, mined, told } from "./told.ts";

describe("replacing", () => {
  const risen = { market: market(4n * GWEI) };

  test.each<[string, Glance, string]>([
    ["too low for the base fee, not for long", { ...risen, head: head(12) }, "wait"],
    ["too low for as many blocks as patience", { ...risen, head: head(13) }, "replace 0,1"],
    ["enough, and passed by for long", { head: head(21) }, "wait"],
    ["enough, and passed by for four times patience", { head: head(22) }, "replace 0"],
    ["seconds old, whatever that is in looks", { ...risen, look: 5_000 }, "wait"],
  ])("what pays %s", async (_, over, expected) => {
    const ledger = await ledgerOf(2, 2);
    const seen = look({ pending: 2, ...over });
    expect(told(decided({ ledger, seen, memory: sentAt(10, hashes(ledger)) }))).toBe(expected);
  });

  test("raises both fees by 10 % at least, and to what the market asks", async () => {
    const ledger = await ledgerOf(1, 1);
    const memory = () => sentAt(10, hashes(ledger));
    const passed = decided({
      ledger,
      memory: memory(),
      seen: look({ head: head(22), pending: 1 }),
    });
    expect(passed).toMatchObject({
      slots: [{ fees: fees(3_300_000_001n, 1_100_000_001n) }],
    });
    const seen = look({ ...risen, head: head(13), pending: 1 });
    expect(decided({ ledger, memory: memory(), seen })).toMatchObject({
      slots: [{ fees: fees(9n * GWEI, 1_100_000_001n) }],
    });
  });

  test("follows a refusal for its price at once when the market asks more, else after a block", async () => {
    const ledger = await ledgerOf(1, 1);
    const memory = () =>
      sentAt(10, hashes(ledger), { verdict: "fee-too-low", said: "underpriced" });
    expect(told(decided({ ledger, memory: memory(), seen: look(risen) }))).toBe("replace 0");
    expect(told(decided({ ledger, memory: memory() }))).toBe("wait");
    const later = look({ head: head(11) });
    expect(told(decided({ ledger, memory: memory(), seen: later }))).toBe("replace 0");
  });

  test("ends at ten times the market: what is stuck there is not stuck for its price", async () => {
    const dear = await bytes(0, step(0), fees(29n * GWEI));
    const ledger = await ledgerOf(1, 1, [{ kind: "replaced", transactions: [dear] }]);
    const seen = look({ head: head(900), pending: 1 });
    expect(told(decided({ ledger, seen, memory: sentAt(10, [dear.hash]) }))).toBe("wait");

    const refused: SendVerdict = { verdict: "fee-too-low", said: "underpriced" };
    const memory = sentAt(10, [dear.hash], refused);
    expect(decided({ ledger, seen, memory })).toMatchObject({
      obstacle: { code: "price-refused", what: "a/0", said: "underpriced" },
    });
  });
});

describe("the budget", () => {
  const MAX = 100_000n * 3n * GWEI;

  test("lets as many steps be signed as it covers at their dearest", async () => {
    const ledger = await ledgerOf(5, 0);
    expect(told(decided({ ledger, policy: { budget: 2n * MAX } }))).toBe("sign 0,1");
    expect(told(decided({ ledger, policy: { budget: 2n * MAX - 1n } }))).toBe("sign 0");
  });

  test("counts the value that a step sends", async () => {
    const ledger = await ledgerOf(2, 0);
    const plan = [step(0, { value: 7n }), step(1)];
    expect(told(decided({ ledger, plan, policy: { budget: 2n * MAX + 6n } }))).toBe("sign 0");
  });

  test("counts what is settled with what it cost", async () => {
    const ledger = await ledgerOf(3, 1);
    const seen = look({ mined: mined(ledger, 10, 0) });
    const over = { ledger, seen, policy: { budget: 2n * MAX - 1n } };
    expect(told(decided(over))).toBe("settle 0");

    const settled = { ...ledger, nonce: 1 };
    const cost = { step: "a/0", nonce: 0, hash: "0x" as const, block: 10, succeeded: true };
    settled.open = {
      ...ledger.open,
      slots: [],
      settled: [{ ...cost, gasUsed: 50_000, fee: 50_000n * 2n * GWEI }],
    };
    expect(told(decided({ ...over, ledger: settled }))).toBe("sign 1");
  });

  test("stops the plan when nothing more can be had for it, and not while something may get cheaper", async () => {
    const policy = { budget: MAX - 1n };
    expect(told(decided({ ledger: await ledgerOf(1, 0), policy }))).toBe("stop budget-reached");

    const ledger = await ledgerOf(2, 1);
    const seen = look({ mined: mined(ledger, 10, 0), final: 9 });
    expect(told(decided({ ledger, seen, policy }))).toBe("wait");
  });

  test("lets a replacement wait that would exceed it, and makes those that it covers", async () => {
    const ledger = await ledgerOf(2, 2);
    const seen = look({ market: market(4n * GWEI), head: head(13), pending: 2 });
    const memory = () => sentAt(10, hashes(ledger));
    const one = 100_000n * 6n * GWEI;
    const first = decided({ ledger, seen, memory: memory(), policy: { budget: 2n * MAX + one } });
    expect(told(first)).toBe("replace 0");
    const none = decided({ ledger, seen, memory: memory(), policy: { budget: 2n * MAX } });
    expect(none).toMatchObject({ act: "wait", reason: expect.stringContaining("budget") });
  });

  test("lets what was refused for its price be sent again when the market has come down to it", async () => {
    const ledger = await ledgerOf(1, 1);
    const memory = () =>
      sentAt(10, hashes(ledger), { verdict: "fee-too-low", said: "less than the base fee" });
    const policy = { budget: MAX };
    const dear = look({ market: market(4n * GWEI), head: head(13) });
    expect(told(decided({ ledger, seen: dear, memory: memory(), policy }))).toBe("wait");
    const cheap = look({ market: market(GWEI), head: head(13) });
    expect(told(decided({ ledger, seen: cheap, memory: memory(), policy }))).toBe("send 0");
  });
});
