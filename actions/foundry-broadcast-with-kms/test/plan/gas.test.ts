import { TRANSACTION_GAS_CAP } from "@playbook/evm";
import { exceedsBlock, gasLimit } from "../../src/plan/gas.ts";

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

test("data has room to become twice as dear, and is not held to the cap", () => {
  expect(gasLimit({ execution: 100_000, data: 400_000 }, rules, step)).toBe(930_000);
  const large = { execution: 1_000_000, data: 10_000_000 };
  expect(gasLimit(large, { ...rules, capped: false }, step)).toBe(21_300_000);
});

test.each([
  { used: 31_000_000, over: { capped: false }, why: "a block there holds 30000000" },
  { used: 16_777_217, over: {}, why: "the chain allows 16777216 to one (EIP-7825)" },
])("a step of $used gas is too big: $why", ({ used, over, why }) => {
  expect(() => gasLimit({ execution: used, data: 0 }, { ...rules, ...over }, step)).toThrow(
    expect.objectContaining({ code: "step-too-big", why: expect.stringContaining(why) }),
  );
});

test("a step of which a node says that a block is not enough is too big, and no other", () => {
  const said = "Out of gas: gas required exceeds allowance: 30000000";
  const limits = { blockLimit: 30_000_000 };

  expect(exceedsBlock(said, limits, step)).toMatchObject({ code: "step-too-big" });
  expect(exceedsBlock("execution reverted", limits, step)).toBeUndefined();
});
