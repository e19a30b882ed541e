import { freshMemory } from "../src/broadcaster/memory.ts";
import type { Body } from "../src/index.ts";
import type { SendVerdict } from "../src/refusal.ts";
import {
  bytes,
  fees,
  type Glance,
  GWEI,
  hashOf,
  head,
  ledgerOf,
  look,
  type Open,
  sentAt,
  step,
  steps,
  USUAL,
} from "./standing.ts";
import { decided, hashes, mined, told } from "./told.ts";

describe("signing", () => {
  test("takes the steps in order, as many as the window holds", async () => {
    const ledger = await ledgerOf(40, 0);
    expect(told(decided({ ledger }))).toBe("sign 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
  });

  test("fills up a window of which some are on their way, mined ones not counted", async () => {
    const ledger = await ledgerOf(10, 5);
    const seen = look({ mined: mined(ledger, 9, 0, 1, 2), pending: 5 });
    const memory = sentAt(10, hashes(ledger), undefined, {
      window: { ...freshMemory(4, false).window },
    });
    expect(told(decided({ ledger, seen, memory }))).toBe("sign 5,6");
  });

  test("bounds a batch by its bytes, and lets a single step be as large as it is", async () => {
    const large = { data: `0x${"00".repeat(300 * 1024)}` } as const;
    const huge = { data: `0x${"00".repeat(900 * 1024)}` } as const;
    const ledger = await ledgerOf(3, 0);
    const two = [step(0, large), step(1, large), step(2)];
    expect(told(decided({ ledger, plan: two }))).toBe("sign 0");
    expect(told(decided({ ledger, plan: [step(0, huge), step(1), step(2)] }))).toBe("sign 0");
  });

  test("offers twice the base fee and the tip", async () => {
    const decision = decided({ ledger: await ledgerOf(1, 0) });
    expect(decision).toMatchObject({ act: "sign", fees: USUAL });
  });
});

describe("a step that waits", () => {
  const plan = [step(0), step(1), step(2, { waits: "role", after: ["a/0"] }), step(3)];

  test("and all behind it are not signed before what it depends on is in a block", async () => {
    expect(told(decided({ plan, ledger: await ledgerOf(4, 0) }))).toBe("sign 0,1");
    const ledger = await ledgerOf(4, 2);
    const seen = look({ pending: 2 });
    expect(told(decided({ plan, ledger, seen, memory: sentAt(10, hashes(ledger)) }))).toBe("wait");
  });

  test("is signed once that is in a block, whatever else is not", async () => {
    const ledger = await ledgerOf(4, 2);
    const seen = look({ mined: mined(ledger, 10, 0), pending: 2 });
    const memory = sentAt(10, hashes(ledger));
    expect(told(decided({ plan, ledger, seen, memory }))).toBe("sign 2,3");
  });

  test("is not signed for a receipt from above the head that everything else was read at", async () => {
    const ledger = await ledgerOf(4, 2);
    const seen = look({ mined: mined(ledger, 11, 0), nonce: 0, pending: 2 });
    const memory = sentAt(10, hashes(ledger));
    expect(told(decided({ plan, ledger, seen, memory }))).toBe("wait");
  });
});

describe("sending", () => {
  test("comes before signing more: what is stored goes out first", async () => {
    const ledger = await ledgerOf(10, 3);
    expect(told(decided({ ledger }))).toBe("send 0,1,2");
  });

  test("lets as much again be signed meanwhile, and nothing that has to wait", async () => {
    const ledger = await ledgerOf(10, 3);
    const memory = freshMemory(3, false);
    expect(decided({ ledger, memory })).toMatchObject({
      ahead: { steps: [{ nonce: 3 }, { nonce: 4 }, { nonce: 5 }] },
    });
    const plan = steps(10).with(4, step(4, { waits: "role" }));
    expect(decided({ ledger, memory, plan })).toMatchObject({ ahead: { steps: [{ nonce: 3 }] } });
    expect(decided({ ledger: await ledgerOf(3, 3), memory })).not.toHaveProperty("ahead");
  });

  test("reaches as far as the window from the account's next nonce", async () => {
    const ledger = await ledgerOf(10, 6);
    const memory = freshMemory(2, false);
    expect(told(decided({ ledger, memory }))).toBe("send 0,1");
    const seen = look({ mined: mined(ledger, 9, 0, 1, 2), pending: 3 });
    expect(told(decided({ ledger, memory, seen }))).toBe("send 3,4");
  });

  test.each<[string, Glance, boolean, string]>([
    ["held by the node", { head: head(11), pending: 2 }, true, "wait"],
    ["not held, but no block has passed", { pending: 0 }, true, "wait"],
    ["not held, a block later", { head: head(11), pending: 1 }, true, "send 1"],
    ["not held, six looks later on a chain at rest", { look: 7, pending: 0 }, true, "send 0,1"],
    ["unknown: the node never shows its pool", { head: head(11), pending: 0 }, false, "wait"],
    ["unknown for as many blocks as patience", { head: head(13) }, false, "send 0,1"],
  ])("what was sent is %s", async (_, over, countsPending, expected) => {
    const ledger = await ledgerOf(2, 2);
    const memory = sentAt(10, hashes(ledger));
    memory.window.countsPending = countsPending;
    expect(told(decided({ ledger, memory, seen: look(over) }))).toBe(expected);
  });

  test("of a replaced slot sends what was signed last", async () => {
    const dearer = await bytes(0, step(0), fees(5n * GWEI, 2n * GWEI));
    const ledger = await ledgerOf(1, 1, [{ kind: "replaced", transactions: [dearer] }]);
    expect(decided({ ledger })).toMatchObject({ candidates: [{ hash: dearer.hash }] });
  });
});

describe("bytes of an earlier run", () => {
  const resumed = () => freshMemory(16, true);

  test("are rehearsed before they are sent, on the state they were looked for in", async () => {
    const ledger = await ledgerOf(3, 2);
    const decision = decided({ ledger, memory: resumed() });
    expect(told(decision)).toBe("rehearse 0");
    expect(decision).toMatchObject({ block: 10 });
  });

  test("are not rehearsed when a node holds the next of them already: it may be mined by now", async () => {
    const ledger = await ledgerOf(3, 2);
    expect(told(decided({ ledger, memory: resumed(), seen: look({ pending: 1 }) }))).toBe(
      "send 0,1",
    );
  });

  test("are not rehearsed when they cancel", async () => {
    const nothing: Body = { kind: "cancelled", transactions: [await bytes(0, null)], why: "" };
    const ledger = await ledgerOf(1, 1, [nothing]);
    expect(told(decided({ ledger, memory: resumed() }))).toBe("send 0");
  });
});

describe("what a node refuses", () => {
  const refused: SendVerdict = { verdict: "refused", said: "intrinsic gas too low" };

  test("is tried again, and stops the plan the third time", async () => {
    const ledger = await ledgerOf(1, 1);
    const memory = sentAt(10, hashes(ledger), refused);
    expect(told(decided({ ledger, memory }))).toBe("wait");
    expect(told(decided({ ledger, memory, seen: look({ look: 7 }) }))).toBe("send 0");
    for (const sending of memory.sent.values()) sending.refusals = 3;
    expect(decided({ ledger, memory })).toMatchObject({
      obstacle: { code: "transaction-refused", what: "a/0", said: "intrinsic gas too low" },
    });
  });

  describe("for want of funds", () => {
    const poor: SendVerdict = { verdict: "no-funds", said: "insufficient funds" };
    const refusedAt = (ledger: Open, next: number) => {
      const memory = sentAt(10, [hashOf(ledger, 0)]);
      const when = { first: 10, block: 10, look: 1, next };
      memory.sent.set(hashOf(ledger, 1), { ...when, answer: poor, refusals: 0 });
      return memory;
    };

    test("waits its turn while others are before it, since they may cost less than they offer", async () => {
      const ledger = await ledgerOf(2, 2);
      const memory = refusedAt(ledger, 0);
      expect(told(decided({ ledger, memory, seen: look({ pending: 1 }) }))).toBe("wait");
      const seen = look({ mined: mined(ledger, 10, 0), head: head(13) });
      expect(told(decided({ ledger, memory, seen }))).toBe("send 1");
    });

    test("stops the plan when nothing is before it", async () => {
      const ledger = await ledgerOf(2, 2);
      const seen = look({ mined: mined(ledger, 10, 0) });
      const decision = decided({ ledger, memory: refusedAt(ledger, 1), seen });
      expect(told(decision)).toBe("stop balance-too-low");
    });
  });
});
