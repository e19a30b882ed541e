/** What came of a tier's tests. */
export type Counts = {
  passed: number;
  failed: number;
  skipped: number;
  files: { name: string; seconds: number }[];
  /** Files in which something failed, and nothing when they were run again by themselves. */
  again?: string[];
  /** Files that there was no time to begin, this time. */
  left?: string[];
};

export type Suite = Counts & { name: string; minutes: number; budget: number };

const none: Counts = { passed: 0, failed: 0, skipped: 0, files: [] };

/** How many of a suite's files are worth naming: those that decide how long it takes. */
const SLOWEST = 3;

/** Minutes and budget of each suite, with its slowest files below it. */
export function suiteTable(suites: Suite[]): string {
  const head = row("suite", "minutes", "budget", "passed", "failed", "skipped");
  return [head, ...suites.flatMap(suiteRows)].join("\n");
}

function suiteRows(suite: Suite): string[] {
  const { name, minutes, budget, passed, failed, skipped, files } = suite;
  const { again = [], left = [] } = suite;
  const line = row(name, minutes.toFixed(2), budget.toFixed(1), passed, failed, skipped);
  const over = minutes > budget ? "  OVER BUDGET" : "";
  const slowest = files.toSorted((one, other) => other.seconds - one.seconds).slice(0, SLOWEST);
  return [
    line + over,
    ...slowest.map((file) => `  ${file.seconds.toFixed(1).padStart(7)} s  ${file.name}`),
    ...again.map((file) => `  FAILED ONCE, passed by itself: ${file}`),
    ...(left.length > 0 ? [`  NOT BEGUN, for lack of time: ${left.length} more files`] : []),
  ];
}

function row(name: string, ...cells: (string | number)[]): string {
  return [name.padEnd(8), ...cells.map((cell) => String(cell).padStart(9))].join("");
}

/** Everything taken together. */
export function sum(suites: Counts[]): Counts {
  return suites.reduce(
    (total, suite) => ({
      passed: total.passed + suite.passed,
      failed: total.failed + suite.failed,
      skipped: total.skipped + suite.skipped,
      files: [...total.files, ...suite.files],
    }),
    none,
  );
}

/** The last line of a run, alone on its line. */
export function resultLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
