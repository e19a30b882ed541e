import type { Refusal } from "@playbook/hyperlane";
import type { PlannedPart } from "../src/plan/plan-one.ts";
import { summarize } from "../src/plan/summary.ts";

const NOBODY = `0x${"0".repeat(40)}`;
const SAFE = `0x${"1".repeat(40)}`;

function part(by: string): PlannedPart {
  const proposal = { chain: "a", by, to: SAFE, data: "0x", label: "pause", after: [] };
  const entry = { name: "a", changes: [], proposals: [proposal], scheduled: [] };
  const planned = { gasPrice: 1n, metadata: { nativeToken: {}, blockExplorers: [] } };
  return { entry, plan: null, planned } as unknown as PlannedPart;
}

const none: Refusal[] = [];
const summary = (by: string, left: string[] = [], nobodys: string[] = []) =>
  summarize([part(by)], [], none, { left, nobodys });

test("what belongs to nobody any more is said to be nobody's to change", () => {
  expect(summary(NOBODY)).toContain("**a**: nobody can do `pause`");
  expect(summary(SAFE)).not.toContain("nobody can do");
});

test("configs of no chain are named", () => {
  expect(summary(SAFE, [], ["typo.yaml"])).toContain("**typo.yaml**: no chain of the registry");
});

test("of hundreds of chains that nothing is wanted of, some are named", () => {
  const names = Array.from({ length: 300 }, (_, at) => `c${at}`);
  expect(summary(SAFE, names)).toContain("c18, c19 and 280 more**: Hyperlane is there");
  expect(summary(SAFE, ["b", "c"])).toContain("**b, c**: Hyperlane is there");
});
