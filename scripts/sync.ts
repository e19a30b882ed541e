// Writes every generated file; with --check it only says which ones are not what they should be.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readActions } from "./library.ts";
import { accessModule } from "./sync/access.ts";
import { rolesTemplate } from "./sync/roles.ts";
import { root } from "./tools.ts";

/** A generated file by its path in the clone; without text it must not exist. */
type Generated = { path: string; text: string | undefined };

function generated(): Generated[] {
  const actions = readActions();
  return [
    { path: "templates/roles.yml", text: rolesTemplate(actions) },
    ...actions.map((action) => ({
      path: join(action.folder, "src", "access.ts"),
      text: accessModule(action),
    })),
  ];
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

const stale = generated().filter(({ path, text }) => current(path) !== text);

if (process.argv.includes("--check")) {
  for (const { path } of stale) {
    process.stderr.write(`${path} is not what its sources say: run \`npm run sync\`.\n`);
  }
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const file of stale) write(file);
  process.stdout.write(`${stale.length} generated files written.\n`);
}
