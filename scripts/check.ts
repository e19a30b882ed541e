// All checks that need no test: types, lint, generated files, workflows, templates; at once.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { changeList } from "./release/changes.ts";
import { gitAt } from "./release/git.ts";
import { changesSince } from "./release/history.ts";
import { lowestAfter, newest } from "./release/version.ts";
import { axonSources } from "./tools/axon.ts";
import { cache, root, shell, type ToolName, tool } from "./tools.ts";

export type CheckResult = { name: string; seconds: number; problem: string | undefined };

type Check = { name: string; run: () => Promise<unknown> };

const checks: Check[] = [
  { name: "types (tsc)", run: () => npm("tsc", ["--noEmit", "-p", "."]) },
  { name: "lint and format (biome)", run: () => npm("biome", ["check", "--error-on-warnings"]) },
  { name: "generated files (sync)", run: () => script("sync.ts", ["--check"]) },
  { name: "workflows (actionlint)", run: actionlint },
  { name: "workflows (zizmor)", run: zizmor },
  { name: "templates (cfn-lint)", run: () => program("cfn-lint", ["--", ...templates()]) },
  { name: "Rust (rustfmt, clippy)", run: rust },
  { name: "since the last release", run: sayNextVersion },
];

/** Runs every check; says each one's outcome as soon as it is there. */
export async function runChecks(): Promise<CheckResult[]> {
  return Promise.all(checks.map(runCheck));
}

async function runCheck({ name, run }: Check): Promise<CheckResult> {
  const started = Date.now();
  const problem = await run().then(
    () => undefined,
    (error: Error) => error.message,
  );
  const seconds = (Date.now() - started) / 1000;
  const verdict = problem === undefined ? "ok  " : "FAIL";
  process.stdout.write(`${verdict} ${name} (${seconds.toFixed(1)} s)\n`);
  if (problem !== undefined) process.stdout.write(`${indent(problem)}\n`);
  return { name, seconds, problem };
}

/**
 * actionlint 1.7.12 knows neither `$/` nor a group's queue, nor an environment without a
 * deployment.
 */
const UNKNOWN_TO_ACTIONLINT = [
  'specifying action "\\$/actions/[a-z-]+" in invalid format',
  'unexpected key "queue" for "concurrency" section',
  'unexpected key "deployment" for "environment" section',
];

async function actionlint(): Promise<void> {
  const ignores = UNKNOWN_TO_ACTIONLINT.flatMap((message) => ["-ignore", message]);
  // shellcheck and pyflakes would be used where they happen to be installed, and only there.
  const flags = ["-no-color", "-shellcheck=", "-pyflakes=", ...ignores];
  await program("actionlint", [...flags, ...workflows()]);
}

async function zizmor(): Promise<void> {
  const flags = ["--offline", "--pedantic", "--no-progress", "--color=never", "--quiet"];
  const inputs = [...workflows(), ...actionFiles(), ".github/dependabot.yml"];
  await program("zizmor", [...flags, ...inputs]);
}

/** What clippy makes of the dependencies is kept beside the tools. */
async function rust(): Promise<void> {
  await shell("cargo", ["fmt", "--check"], {}, axonSources);
  const target = join(cache, "axon-check");
  const flags = ["--locked", "--quiet", "--all-targets", "--target-dir", target];
  await shell("cargo", ["clippy", ...flags, "--", "--deny", "warnings"], {}, axonSources);
}

/** Says how high the next version has to be; only the release itself refuses one that is not. */
async function sayNextVersion(): Promise<void> {
  const since = newest(gitAt(root)(["tag", "--list", "v*"]).split("\n"));
  const changes = since ? changesSince(since) : [];
  if (!since || changes.length === 0) return;
  const next = lowestAfter(since, changes).tag;
  const note = `Since ${since.tag}; the next release is ${next} or higher:`;
  process.stdout.write(`${indent(`${note}\n${changeList(changes)}`)}\n`);
}

function workflows(): string[] {
  const folder = ".github/workflows";
  return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
}

function actionFiles(): string[] {
  return below("actions", "action.yml");
}

function templates(): string[] {
  const files = ["template.yml", "certificate.yml"];
  return ["templates/roles.yml", ...files.flatMap((file) => below("actions", file))];
}

function below(folder: string, file: string): string[] {
  return readdirSync(join(root, folder))
    .map((name) => `${folder}/${name}/${file}`)
    .filter((path) => existsSync(join(root, path)));
}

async function program(name: ToolName, args: string[]): Promise<void> {
  await shell(await tool(name), args, {}, root);
}

function npm(name: string, args: string[]): Promise<string> {
  return shell(join(root, "node_modules", ".bin", name), args, {}, root);
}

function script(name: string, args: string[]): Promise<string> {
  return shell(process.execPath, [join(root, "scripts", name), ...args], {}, root);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "     ");
}

if (import.meta.main) {
  const results = await runChecks();
  process.exitCode = results.some(({ problem }) => problem !== undefined) ? 1 : 0;
}
