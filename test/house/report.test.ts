import {
  countsOf,
  failedFiles,
  type JestReport,
  replaced,
  reportOf,
} from "../../scripts/test/jest-report.ts";
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

const file = (name: string, status: string, ...statuses: string[]) => ({
  ...{ name: `/clone/${name}`, status, startTime: 1000, endTime: 3500 },
  assertionResults: statuses.map((one) => ({ status: one })),
});
const report: JestReport = {
  testResults: [
    file("one.test.ts", "passed", "passed", "passed", "pending"),
    file("two.test.ts", "failed", "passed", "failed"),
    file("broken.test.ts", "failed"),
  ],
};

test("a report counts tests, and a file that could not be loaded as one that failed", () => {
  const { passed, failed, skipped, files } = countsOf(report, "/clone");

  expect({ passed, failed, skipped }).toEqual({ passed: 3, failed: 2, skipped: 1 });
  expect(files[0]).toEqual({ name: "one.test.ts", seconds: 2.5 });
});

test("a file counts as its second run found it, and no other does", () => {
  const later = { testResults: [file("two.test.ts", "passed", "passed", "passed")] };
  const both = replaced(report, later);

  expect(failedFiles(both)).toEqual(["/clone/broken.test.ts"]);
  expect(countsOf(both, "/clone")).toMatchObject({ passed: 4, failed: 1, skipped: 1 });
});

test("a file that failed once is named, whatever its second run said", () => {
  const lines = suiteTable([{ ...unit, again: ["two.test.ts"] }]).split("\n");
  expect(lines.at(-1)).toContain("FAILED ONCE, passed by itself: two.test.ts");
});

test("a run that ended without a word of its file is one that failed, and runs again", () => {
  const silent = reportOf("/clone/dead.test.ts", { testResults: [] });

  expect(failedFiles(silent)).toEqual(["/clone/dead.test.ts"]);
  expect(countsOf(silent, "/clone")).toMatchObject({ passed: 0, failed: 1 });
  expect(reportOf("/clone/one.test.ts", report)).toEqual(report);
});
