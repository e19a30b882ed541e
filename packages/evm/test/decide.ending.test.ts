import { freshMemory } from "../src/broadcaster/memory.ts";
import {
  bytes,
  fees,
  GWEI,
  hashOf,
  ledgerOf,
  look,
  type Open,
  receipt,
  sentAt,
  step,
} from "./standing.ts";
import { decided, hashes, mined, told } from "./told.ts";

test("a step that does not fit into a block stops the plan once all before it is through", async () => {
  const plan = [step(0), step(1, { gas: 40_000_000 })];
  expect(told(decided({ plan, ledger: await ledgerOf(2, 0) }))).toBe("sign 0");
  const ledger = await ledgerOf(2, 1);
  const seen = look({ mined: mined(ledger, 10, 0), final: 9 });
  expect(told(decided({ plan, ledger, seen }))).toBe("wait");
  const final = look({ mined: mined(ledger, 10, 0) });
  expect(told(decided({ plan, ledger, seen: final }))).toBe("settle 0");
  expect(told(decided({ plan: plan.slice(1), ledger: await ledgerOf(1, 0) }))).toBe(
    "stop step-too-big",
  );
});

describe("a step that reverted", () => {
  const plan = [
    step(0),
    step(1),
    step(2, { after: ["a/0"] }),
    step(3, { after: ["a/2"] }),
    step(4),
  ];
  const failing = (ledger: Open) => [receipt(hashOf(ledger, 0), 9, { succeeded: false })];

  test("lets nothing more be signed", async () => {
    const ledger = await ledgerOf(5, 1);
    const seen = look({ mined: failing(ledger), final: 8 });
    expect(told(decided({ plan, ledger, seen }))).toBe("wait");
  });

  test("cancels what depends on it and is signed, sent or not, and nothing else", async () => {
    const others = [step(0), step(1, { after: [] }), step(2, { after: ["a/0"] })];
    const ledger = await ledgerOf(3, 3);
    const seen = look({ mined: failing(ledger), pending: 3 });
    const decision = decided({ plan: others, ledger, seen });
    expect(told(decision)).toBe("cancel 2");
    expect(decision).toMatchObject({
      slots: [{ fees: fees(3_300_000_001n, 1_100_000_001n) }],
      why: "a/0 reverted",
    });
  });

  test("cancels descendants of descendants, each once", async () => {
    const ledger = await ledgerOf(5, 4);
    const seen = look({ mined: failing(ledger), pending: 4 });
    expect(told(decided({ plan, ledger, seen }))).toBe("cancel 1,2,3");

    const transactions = await Promise.all([1, 2, 3].map((nonce) => bytes(nonce, null)));
    const after = await ledgerOf(5, 4, [{ kind: "cancelled", transactions, why: "" }]);
    expect(told(decided({ plan, ledger: after, seen }))).toBe("send 1,2,3");
  });

  test("closes the plan as failed when the nonces are final, those of its cancellations too", async () => {
    const transactions = [await bytes(1, null)];
    const ledger = await ledgerOf(5, 2, [{ kind: "cancelled", transactions, why: "" }]);
    const both = [...failing(ledger), receipt(hashOf(ledger, 1), 10)];
    expect(told(decided({ plan, ledger, seen: look({ mined: both, final: 9 }) }))).toBe("wait");
    expect(told(decided({ plan, ledger, seen: look({ mined: both }) }))).toBe("settle 0,1");
  });
});

describe("settling", () => {
  test("waits until all of the plan is final, with any candidate's receipt", async () => {
    const dearer = await bytes(1, step(1), fees(5n * GWEI, 2n * GWEI));
    const ledger = await ledgerOf(2, 2, [{ kind: "replaced", transactions: [dearer] }]);
    const first = [receipt(hashOf(ledger, 0), 9), receipt(hashOf(ledger, 1, 0), 10)];
    expect(told(decided({ ledger, seen: look({ mined: first, final: 9 }) }))).toBe("wait");
    expect(told(decided({ ledger, seen: look({ mined: first }) }))).toBe("settle 0,1");
  });

  test("happens on the way when many nonces are final", async () => {
    const ledger = await ledgerOf(80, 70);
    const nonces = Array.from({ length: 64 }, (_, nonce) => nonce);
    const seen = look({ mined: mined(ledger, 10, ...nonces), pending: 70 });
    const memory = sentAt(10, hashes(ledger));
    expect(decided({ ledger, seen, memory })).toMatchObject({ mined: { length: 64 } });
  });

  test("happens the later the more is settled, so that the entries do not become many", async () => {
    const signed = await ledgerOf(500, 500);
    const results = mined(signed, 9, ...Array.from({ length: 400 }, (_, nonce) => nonce));
    const settlements = results.map(({ hash, block }, nonce) => ({
      ...{ step: `a/${nonce}`, nonce, hash, block },
      ...{ succeeded: true, gasUsed: 1, fee: 1n },
    }));
    const ledger = await ledgerOf(500, 500, [{ kind: "settled", settlements }]);
    const memory = sentAt(10, hashes(ledger));
    const seenTo = (end: number) => {
      const nonces = Array.from({ length: end - 400 }, (_, index) => 400 + index);
      return look({ mined: mined(ledger, 10, ...nonces), nonce: end, pending: 500 });
    };
    expect(told(decided({ ledger, seen: seenTo(499), memory }))).toBe("wait");
    const decision = decided({ ledger, seen: seenTo(500), memory });
    expect(decision).toMatchObject({ act: "settle", mined: { length: 100 } });
  });

  test("is followed by closing, which asks nothing of the chain", async () => {
    const hash = hashOf(await ledgerOf(1, 1), 0);
    const result = { step: "a/0", nonce: 0, hash, block: 10, succeeded: true, gasUsed: 1, fee: 1n };
    const ledger = await ledgerOf(1, 1, [{ kind: "settled", settlements: [result] }]);
    expect(told(decided({ ledger, seen: look({ nonce: 0 }) }))).toBe("close complete");
  });
});

describe("a nonce that the chain counts as used", () => {
  test("and none of our receipts is there for is traced, the lowest first", async () => {
    const ledger = await ledgerOf(4, 3);
    const seen = look({ mined: mined(ledger, 9, 0), nonce: 3 });
    expect(told(decided({ ledger, seen }))).toBe("trace 1");
  });

  test("is traced when it is not even signed: somebody else has the key", async () => {
    expect(told(decided({ ledger: await ledgerOf(4, 0), seen: look({ nonce: 1 }) }))).toBe(
      "trace 0",
    );
  });

  test("is not this plan's concern when it is above the plan's last", async () => {
    const ledger = await ledgerOf(1, 1);
    const seen = look({ mined: mined(ledger, 10, 0), nonce: 2, final: 9 });
    expect(told(decided({ ledger, seen }))).toBe("wait");
  });
});

describe("a chain that does not show what is settled", () => {
  const settled = async () => ({ ...(await ledgerOf(3, 0)), nonce: 5 }) as Open;

  test("is not built upon: a node may lag for a while", async () => {
    const memory = freshMemory(16, false);
    expect(told(decided({ ledger: await settled(), seen: look({ nonce: 4 }), memory }))).toBe(
      "wait",
    );
  });

  test("stops the plan when it keeps to it", async () => {
    const memory = Object.assign(freshMemory(16, false), { inOrder: 20 });
    const seen = look({ nonce: 4, look: 50 });
    expect(decided({ ledger: await settled(), seen, memory })).toMatchObject({
      obstacle: { code: "node-behind", shown: 4, known: 5 },
    });
  });
});
