import type { Counts } from "./report.ts";

/** The part of jest's report that is used here. */
export type JestReport = { testResults: FileResult[] };

type FileResult = {
  name: string;
  /** `failed` also where a file could not be loaded, which is no test's failure. */
  status: string;
  /** In milliseconds. */
  startTime: number;
  endTime: number;
  assertionResults: { status: string }[];
};

/** The files in which something failed. */
export function failedFiles({ testResults }: JestReport): string[] {
  return testResults.filter(({ status }) => status === "failed").map(({ name }) => name);
}

/** A report in which some files are as a later run has found them. */
export function replaced(first: JestReport, later: JestReport): JestReport {
  const found = new Map(later.testResults.map((result) => [result.name, result]));
  return { testResults: first.testResults.map((result) => found.get(result.name) ?? result) };
}

/** Several reports as one. */
export function together(reports: JestReport[]): JestReport {
  return { testResults: reports.flatMap(({ testResults }) => testResults) };
}

/** The report of one file's run; a run that ended without a word of it has failed. */
export function reportOf(file: string, { testResults }: JestReport): JestReport {
  if (testResults.length > 0) return { testResults };
  const never = { startTime: 0, endTime: 0, assertionResults: [] };
  return { testResults: [{ name: file, status: "failed", ...never }] };
}

/** What a report counts, its files named from `root`. */
export function countsOf({ testResults }: JestReport, root: string): Counts {
  const statuses = testResults.flatMap((file) => statusesOf(file));
  const passed = statuses.filter((status) => status === "passed").length;
  const failed = statuses.filter((status) => status === "failed").length;
  return {
    ...{ passed, failed, skipped: statuses.length - passed - failed },
    files: testResults.map(({ name, startTime, endTime }) => ({
      name: name.slice(root.length + 1),
      seconds: Math.max(0, endTime - startTime) / 1000,
    })),
  };
}

function statusesOf({ status, assertionResults }: FileResult): string[] {
  const statuses = assertionResults.map((one) => one.status);
  return status === "failed" && !statuses.includes("failed") ? [...statuses, "failed"] : statuses;
}
