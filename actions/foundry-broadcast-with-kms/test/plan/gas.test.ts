import { gasLimit, TRANSACTION_GAS_CAP } from "../../src/plan/gas.ts";

const rules = { margin: 130, blockLimit: 30_000_000, capped: true };
const step = "alpha/3";

test.each([
  { says: "the margin is added, rounded up", used: 21_001, limit: 27_302 },
  {
    says: "the block's limit is never passed",
    used: 9_000,
    over: { blockLimit: 10_000 },
    limit: 10_000,
  },
  { says: "nor is the transaction cap", used: 15_000_000, limit: TRANSACTION_GAS_CAP },
  {
    says: "a chain may begin to enforce the cap, so it is kept where that costs nothing",
    used: 15_000_000,
    over: { capped: false },
    limit: TRANSACTION_GAS_CAP,
  },
  {
    says: "where the cap is not known, a step that needs more gets it",
    used: 20_000_000,
    over: { capped: false },
    limit: 26_000_000,
  },
])("$says", ({ used, over, limit }) => {
  expect(gasLimit({ execution: used, data: 0 }, { ...rules, ...over }, step)).toBe(limit);
});

test.each([
  { used: 31_000_000, over: { capped: false }, why: "a block there holds 30000000" },
  { used: 16_777_217, over: {}, why: "the chain allows 16777216 to one (EIP-7825)" },
])("a step of $used gas is too big: $why", ({ used, over, why }) => {
  expect(() => gasLimit({ execution: used, data: 0 }, { ...rules, ...over }, step)).toThrow(
    expect.objectContaining({ code: "step-too-big", why: expect.stringContaining(why) }),
  );
});
