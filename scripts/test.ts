// Runs the tests: `test` in all tiers, `test unit` only what is quick, `test long` only what is
// not, `test full` with sweeps whole, `test proof` those alone, `test proof upgrade` those of one
// part of PROOF.md.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { runChecks } from "./check.ts";
import { usedPrograms } from "./programs.ts";
import {
  countsOf,
  failedFiles,
  type JestReport,
  replaced,
  reportOf,
  together,
} from "./test/jest-report.ts";
import { inLanes, turnsOf } from "./test/long.ts";
import { neededTools } from "./test/needed.ts";
import { partOf, parts, writeProof } from "./test/proof.ts";
import { type Counts, resultLine, type Suite, suiteTable, sum } from "./test/report.ts";
import { root } from "./tools.ts";

type Tier = { name: string; minutes: number; run: () => Promise<Counts> };

/** In this order; a tier's budget is in minutes on two cores, from a cold cache. */
const TIERS: Tier[] = [
  { name: "unit", minutes: 1.5, run: () => jest("unit") },
  { name: "check", minutes: 1, run: check },
  { name: "world", minutes: 24, run: () => busyJest("world", "real") },
  { name: "e2e", minutes: 8, run: () => busyJest("e2e") },
  { name: "long", minutes: 45, run: long },
];

/** In `npm test`, none of the long files is begun when so many minutes have passed since it was. */
const LAST_BEGINNING = Number(process.env.PLAYBOOK_MINUTES ?? 65);

const LANES = 2;

/** Whatever says what it proves (test/proof.ts), whole. */
const PROOF: Tier = { name: "proof", minutes: 240, run: prove };

async function prove(): Promise<Counts> {
  // Of what is tried whole at once, the first of several runs tries all.
  const isFirst = (process.env.PLAYBOOK_SLICE ?? "1").startsWith("1");
  const shared = join(root, "test", isFirst ? "proof.ts" : "sweep.ts");
  const related = ["--listTests", "--findRelatedTests", shared];
  const listed = await output(process.execPath, [...jestCommand, ...related]);
  const files = listed.split("\n").filter(Boolean);
  const own = files.filter((file) => part === undefined || partOf(file) === part);
  return jest("unit", "world", "long", "e2e", "--runTestsByPath", ...own);
}

const jestCommand = [
  ...["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"],
  ...["--import", join(root, "scripts", "test", "leave.ts")],
  join(root, "node_modules", "jest", "bin", "jest.js"),
];

/** The tests of some projects, or of some of their files. */
async function jest(...selected: string[]): Promise<Counts> {
  return counted(await runJest(selected));
}

/** So many failed files may be due to a machine that was busy as they ran; more are not. */
const FEW = 3;

/**
 * The same, with a second run of a few files that failed beside others, each by itself: what fails
 * again is a fault, and what does not is named at the end. The whole sweeps know no second run.
 */
async function busyJest(...projects: string[]): Promise<Counts> {
  return withSecondRun(await runJest(projects), projects);
}

async function withSecondRun(first: Run, projects: string[]): Promise<Counts> {
  const failed = failedFiles(first.report);
  if (isWhole || failed.length === 0 || failed.length > FEW) return counted(first);

  process.stdout.write(`\n== once more, by themselves: ${failed.map(named).join(", ")}\n`);
  const { outcomes } = await inLanes(
    failed,
    1,
    () => true,
    (file) => runFile(file, projects),
  );
  const later = asOne(outcomes);
  const still = new Set(failedFiles(later.report));
  return {
    ...counted({ code: later.code, report: replaced(first.report, later.report) }),
    again: failed.filter((file) => !still.has(file)).map(named),
  };
}

/** The tests of one file, in a process of their own, which ends when they have, like a worker. */
async function runFile(file: string, projects: string[]): Promise<Run> {
  const alone = ["--runInBand", "--forceExit", "--runTestsByPath", file];
  const { code, report } = await runJest([...projects, ...alone]);
  return { code, report: reportOf(file, report) };
}

const asOne = (runs: Run[]): Run => ({
  code: Math.max(0, ...runs.map(({ code }) => code)),
  report: together(runs.map(({ report }) => report)),
});

/** As many of the long files as there is time for, in this commit's order. */
async function long(): Promise<Counts> {
  const listed = await output(process.execPath, [...jestCommand, ...select("long"), "--listTests"]);
  const paths = listed.split("\n").filter((line) => line.startsWith("/"));
  const files = turnsOf(paths.map(named), await commit());
  const mayBegin = () => isWhole || performance.now() < LAST_BEGINNING * 60_000;
  const { outcomes, left } = await inLanes(files, LANES, mayBegin, (file) =>
    runFile(join(root, file), ["long"]),
  );
  return { ...(await withSecondRun(asOne(outcomes), ["long"])), left };
}

/** What is tried: of a folder that is no clone, always the same. */
async function commit(): Promise<string> {
  return promisify(execFile)("git", ["rev-parse", "HEAD"], { cwd: root }).then(
    ({ stdout }) => stdout.trim(),
    () => "none",
  );
}

type Run = { code: number; report: JestReport };

const select = (...projects: string[]): string[] => ["--selectProjects", ...projects];

async function runJest(selected: string[]): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), "jest-"));
  const file = join(folder, "report.json");
  try {
    const flags = ["--json", `--outputFile=${file}`, ...select(...selected)];
    const code = await attached(process.execPath, [...jestCommand, ...flags]);
    return { code, report: JSON.parse(await readFile(file, "utf8")) };
  } catch (error) {
    process.stderr.write(`jest left no report: ${(error as Error).message}\n`);
    return { code: 1, report: { testResults: [] } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function counted({ code, report }: Run): Counts {
  const counts = countsOf(report, root);
  // jest may fail without a failed test: a worker that died, a tier that has no tests.
  return counts.failed === 0 && code !== 0 ? { ...counts, failed: 1 } : counts;
}

const named = (file: string): string => relative(root, file);

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
function installTools(): Promise<void> {
  const script = join(root, "scripts", "setup.ts");
  const child = spawn(process.execPath, [script, ...usedPrograms, ...neededTools(isWhole)], {
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
  long: TIERS.slice(-1),
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
const claims =
  process.env.PLAYBOOK_PROOF ?? join(await mkdtemp(join(tmpdir(), "proof-")), "claims");
const isWhole = scope === "full" || scope === "proof";
if (isWhole) Object.assign(process.env, { PLAYBOOK_FULL: "1", PLAYBOOK_PROOF: claims });
const tools = scope === "unit" ? undefined : installTools();

const suites: Suite[] = [];
for (const tier of tiers) {
  if (tier.name !== "unit" && tier.name !== "check") await tools;
  suites.push(await runTier(tier));
}

const total = sum(suites);
process.stdout.write(`\n${suiteTable(suites)}\n\n${resultLine(total)}\n`);
if (isWhole) await writeProof(await readFile(claims, "utf8"));
process.exit(total.failed > 0 ? 1 : 0);
