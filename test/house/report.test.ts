import { resultLine, type Suite, suiteTable, sum } from "../../scripts/test/report.ts";

const unit: Suite = {
  name: "unit",
  minutes: 0.25,
  budget: 0.5,
  passed: 40,
  failed: 0,
  skipped: 0,
  files: [
    { name: "quick.test.ts", seconds: 0.2 },
    { name: "slow.test.ts", seconds: 9.4 },
  ],
};
const e2e: Suite = { ...unit, name: "e2e", minutes: 21, budget: 20, failed: 2, files: [] };

test("a suite over its budget is said to be, one within it is not", () => {
  const [, first, , , second] = suiteTable([unit, e2e]).split("\n");
  expect(first).toMatch(/^unit +0\.25 +0\.5 +40 +0 +0$/);
  expect(second).toMatch(/^e2e +21\.00 .* OVER BUDGET$/);
});

test("the slowest file of a suite comes first", () => {
  expect(suiteTable([unit]).split("\n")[2]).toContain("9.4 s  slow.test.ts");
});

test("the result is the sum of all suites, alone on its line", () => {
  expect(resultLine(sum([unit, e2e]))).toBe("80 passed, 2 failed, 0 skipped");
});
