// Writes every generated file; with --check it only says which ones are not what they should be.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { faults } from "../test/faults/table.ts";
import { type Action, readActions, readWorkflows, type Workflow } from "./library.ts";
import { accessModule } from "./sync/access.ts";
import { bundleEntry, shim } from "./sync/bundle.ts";
import { edgeTemplate } from "./sync/edge.ts";
import { faultTable } from "./sync/faults.ts";
import { rbacManifest } from "./sync/rbac.ts";
import { actionParts, fillParts, type Parts, rootParts, workflowParts } from "./sync/readme.ts";
import { rolesTemplate } from "./sync/roles.ts";
import { accessSchema } from "./sync/schema.ts";
import { workflowCopy } from "./sync/workflows.ts";
import { root } from "./tools.ts";

/** A generated file by its path in the clone; without text it must not exist. */
type Generated = { path: string; text: string | undefined };

const WORKFLOWS = ".github/workflows";

function generated(): Generated[] {
  const actions = readActions();
  const workflows = readWorkflows();
  return [
    { path: "templates/roles.yml", text: rolesTemplate(actions) },
    { path: "templates/rbac.yml", text: rbacManifest(actions) },
    { path: "packages/access/access.schema.json", text: accessSchema() },
    { path: "scripts/bundle/entry.ts", text: bundleEntry(actions) },
    readme(".", rootParts(actions, workflows)),
    ...actions.flatMap(filesOfAction),
    ...workflows.flatMap(filesOfWorkflow),
    ...orphans(workflows),
  ];
}

function filesOfAction(action: Action): Generated[] {
  const template = edgeTemplate(action.folder);
  return [
    ...(template === undefined
      ? []
      : [{ path: join(action.folder, "template.yml"), text: template }]),
    { path: join(action.folder, "src", "access.ts"), text: accessModule(action) },
    { path: join(action.folder, "main.mjs"), text: shim(action) },
    readme(action.folder, { ...actionParts(action), faults: faultTable(faults) }),
  ];
}

function filesOfWorkflow(workflow: Workflow): Generated[] {
  return [
    { path: join(WORKFLOWS, `${workflow.name}.yml`), text: workflowCopy(workflow) },
    readme(dirname(workflow.path), workflowParts(workflow)),
  ];
}

/** Copies whose workflow is gone. */
function orphans(workflows: Workflow[]): Generated[] {
  const known = new Set(workflows.map(({ name }) => `${name}.yml`));
  return readdirSync(join(root, WORKFLOWS))
    .filter((file) => !known.has(file))
    .map((file) => join(WORKFLOWS, file))
    .filter((path) => current(path)?.startsWith("# Generated from workflows/"))
    .map((path) => ({ path, text: undefined }));
}

function readme(folder: string, parts: Parts): Generated {
  const path = join(folder, "README.md");
  const text = current(path);
  if (text === undefined) throw new Error(`${path} is missing.`);
  return { path, text: fillParts(text, parts) };
}

function current(path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function write({ path, text }: Generated): void {
  const file = join(root, path);
  if (text === undefined) {
    rmSync(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function fail(error: unknown): never {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  process.exit(1);
}

function staleFiles(): Generated[] {
  try {
    return generated().filter(({ path, text }) => current(path) !== text);
  } catch (error) {
    return fail(error);
  }
}

const stale = staleFiles();

if (process.argv.includes("--check")) {
  for (const { path } of stale) {
    process.stderr.write(`${path} is not what its sources say: run \`npm run sync\`.\n`);
  }
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const file of stale) write(file);
  process.stdout.write(`${stale.length} generated files written.\n`);
}
