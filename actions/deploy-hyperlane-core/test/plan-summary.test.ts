import type { Refusal } from "@playbook/hyperlane";
import type { PlannedPart } from "../src/plan/plan-one.ts";
import { summarize } from "../src/plan/summary.ts";

const LOCK = `0x${"2".repeat(40)}`;
const SAFE = `0x${"1".repeat(40)}`;

function part(): PlannedPart {
  const proposal = { chain: "a", by: SAFE, to: SAFE, data: "0x", label: "pause", after: [] };
  const scheduled = [{ by: LOCK, label: "unpause", from: Date.UTC(2026, 10, 28) / 1_000 }];
  const entry = { name: "a", changes: [], proposals: [proposal], scheduled };
  const planned = { gasPrice: 1n, metadata: { nativeToken: {}, blockExplorers: [] } };
  return { entry, plan: null, planned } as unknown as PlannedPart;
}

const none: Refusal[] = [];
const summary = (left: string[] = [], nobodys: string[] = [], doubts: string[] = []) =>
  summarize([part()], [], none, { left, nobodys }, doubts);

test("what agents or relayers will make of it is told to who approves it", () => {
  expect(summary([], [], ["Relayers make no proof for it."])).toContain(
    "⚠️ Relayers make no proof for it.",
  );
});

test("what waits in a timelock is named, and from when on it can be executed", () => {
  expect(summary()).toContain(
    `**a**: \`unpause\` is scheduled in the timelock \`${LOCK}\`, and can be ` +
      "executed from 2026-11-28T00:00:00Z on",
  );
});

test("configs of no chain are named", () => {
  expect(summary([], ["typo.yaml"])).toContain("**typo.yaml**: no chain of the registry");
});

test("of hundreds of chains that nothing is wanted of, some are named", () => {
  const names = Array.from({ length: 300 }, (_, at) => `c${at}`);
  expect(summary(names)).toContain("c18, c19 and 280 more**: Hyperlane is there");
  expect(summary(["b", "c"])).toContain("**b, c**: Hyperlane is there");
});
