// Runs the tests: `test` in all tiers, `test unit` only what is quick, `test full` with sweeps
// whole, `test proof` those alone, `test proof upgrade` those of one part of PROOF.md.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { runChecks } from "./check.ts";
import { usedPrograms } from "./programs.ts";
import { partOf, parts, writeProof } from "./test/proof.ts";
import { type Counts, none, resultLine, type Suite, suiteTable, sum } from "./test/report.ts";
import { root, type ToolName } from "./tools.ts";

/** What the tests use, without what only the benchmarks do. */
const TOOLS: ToolName[] = [
  ...(["controlplane", "definitions", "kubectl"] as const),
  ...(["moto", "act", "github-api", "chromium", "kubo"] as const),
  ...(["zizmor", "cfn-lint", "actionlint"] as const),
];

/** What only the whole sweeps use. */
const WHOLE_TOOLS: ToolName[] = ["aws-iam-authenticator"];

type Tier = { name: string; minutes: number; run: () => Promise<Counts> };

/** In this order; a tier's budget is in minutes on two cores, from a cold cache. */
const TIERS: Tier[] = [
  { name: "unit", minutes: 0.5, run: () => jest("unit") },
  { name: "check", minutes: 3, run: check },
  { name: "world", minutes: 45, run: () => jest("world", "real") },
  { name: "e2e", minutes: 20, run: () => jest("e2e") },
];

/** Whatever says what it proves (test/proof.ts), whole. */
const PROOF: Tier = { name: "proof", minutes: 240, run: prove };

async function prove(): Promise<Counts> {
  const related = ["--listTests", "--findRelatedTests", join(root, "test", "proof.ts")];
  const listed = await output(process.execPath, [...jestCommand, ...related]);
  const files = listed.split("\n").filter(Boolean);
  const own = files.filter((file) => part === undefined || partOf(file) === part);
  return jest("unit", "world", "e2e", "--runTestsByPath", ...own);
}

/** The part of jest's report that is used here. */
type JestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
  testResults: { name: string; startTime: number; endTime: number }[];
};

const jestCommand = [
  ...["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
  ...["--import", join(root, "scripts", "test", "leave.ts")],
  join(root, "node_modules", "jest", "bin", "jest.js"),
];

async function jest(...projects: string[]): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "jest-"));
  const report = join(folder, "report.json");
  try {
    const flags = ["--json", `--outputFile=${report}`, "--selectProjects", ...projects];
    const code = await attached(process.execPath, [...jestCommand, ...flags]);
    return counts(JSON.parse(await readFile(report, "utf8")), code);
  } catch (error) {
    process.stderr.write(`jest left no report: ${(error as Error).message}\n`);
    return { ...none, failed: 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function counts(report: JestReport, code: number): Counts {
  const files = report.testResults.map(({ name, startTime, endTime }) => ({
    name: name.slice(root.length + 1),
    seconds: Math.max(0, endTime - startTime) / 1000,
  }));
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  // jest may fail without a failed test: a worker that died, a tier that has no tests.
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped,
    files,
  };
}

async function check(): Promise<Counts> {
  const results = await runChecks();
  const failed = results.filter(({ problem }) => problem !== undefined).length;
  const files = results.map(({ name, seconds }) => ({ name, seconds }));
  return { passed: results.length - failed, failed, skipped: 0, files };
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { cwd: root });
  return stdout;
}

/** Runs a command with its output on this terminal, to its end. */
function attached(command: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    // jest's own words go to stderr; --json would repeat its report on stdout.
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

/**
 * Installs tools behind the unit tests' back, at a lower priority. Ends when they are there or have
 * been said to be missing; then tests that need a missing one fail at once, and say so.
 */
function installTools(more: ToolName[]): Promise<void> {
  const script = join(root, "scripts", "setup.ts");
  const child = spawn(process.execPath, [script, ...usedPrograms, ...TOOLS, ...more], {
    stdio: ["ignore", 2, 2],
  });
  if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  return new Promise((resolve) => {
    child.on("error", () => resolve());
    child.on("close", () => {
      process.env.PLAYBOOK_INSTALL = "never";
      resolve();
    });
  });
}

async function runTier({ name, minutes, run }: Tier): Promise<Suite> {
  process.stdout.write(`\n== ${name}\n`);
  const started = Date.now();
  const outcome = await run();
  return { name, budget: minutes, minutes: (Date.now() - started) / 60_000, ...outcome };
}

const [scope = "all", part] = process.argv.slice(2);
const scopes: Record<string, Tier[]> = {
  all: TIERS,
  unit: TIERS.slice(0, 1),
  full: TIERS,
  proof: [PROOF],
};
const tiers = scopes[scope];
if (!tiers) {
  const known = Object.keys(scopes).slice(1).join(", ");
  process.stderr.write(`error: "${scope}" is no scope: ${known}, or nothing for all tiers.\n`);
  process.exit(1);
}
if (part !== undefined && !(scope === "proof" && parts.some((known) => known === part))) {
  process.stderr.write(`error: "${part}" is no part of the proof: ${parts.join(", ")}.\n`);
  process.exit(1);
}
const claims = join(await mkdtemp(join(tmpdir(), "proof-")), "claims");
const isWhole = scope === "full" || scope === "proof";
if (isWhole) Object.assign(process.env, { PLAYBOOK_FULL: "1", PLAYBOOK_PROOF: claims });
const tools = scope === "unit" ? undefined : installTools(isWhole ? WHOLE_TOOLS : []);

const suites: Suite[] = [];
for (const tier of tiers) {
  if (tier.name !== "unit" && tier.name !== "check") await tools;
  suites.push(await runTier(tier));
}

const total = sum(suites);
process.stdout.write(`\n${suiteTable(suites)}\n\n${resultLine(total)}\n`);
if (isWhole) await writeProof(await readFile(claims, "utf8"));
process.exit(total.failed > 0 ? 1 : 0);
