// Writes the workflow files by which a product uses this library: `playbook init ui --into ../app`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { ActionError, explain } from "@playbook/action";
import { type Caller, callersOf, type Example, fill, SYSTEMS } from "./init/callers.ts";

const USAGE = `playbook init <${Object.keys(SYSTEMS).join(" | ")}> [--into folder] [--input value …]

Writes the workflow files that call this library into a product's repository. A file that is there
and says something else stops it before anything is written.

  --into         the repository's folder; the current one without it
  --input value  an input of the called workflows, for example --region eu-west-1; of one of
                 them alone, --release-ui.bucket acme-site`;

type Wanted = { system: string; into: string; values: Record<string, string> };

function read([system = "", ...args]: string[]): Wanted {
  const values: Record<string, string> = {};
  for (let at = 0; at < args.length; at += 1) {
    const [, name, inline] = /^--([a-z][\w.-]*)(?:=([\s\S]*))?$/.exec(args[at] ?? "") ?? [];
    const value = inline ?? args[at + 1];
    if (!name || value === undefined || (inline === undefined && value.startsWith("--"))) {
      throw new ActionError("bad-input", {
        what: `"${args[at]}" cannot be read.`,
        why: "It is not --name value.",
        next: "See `playbook init --help`.",
      });
    }
    if (inline === undefined) at += 1;
    values[name] = value;
  }
  const { into = ".", ...rest } = values;
  return { system, into: resolve(into), values: rest };
}

/** All files or none: one that somebody has changed is theirs. */
function write(into: string, callers: Caller[]): string[] {
  const changed = callers.filter(({ path, text }) => {
    const file = join(into, path);
    return existsSync(file) && readFileSync(file, "utf8") !== text;
  });
  if (changed.length > 0) {
    throw new ActionError("file-exists", {
      what: `${changed.map(({ path }) => path).join(", ")} would be replaced.`,
      why: `It is in ${into} and says something else. Nothing was written.`,
      next: "Move it away, or take over by hand what differs.",
    });
  }
  return callers.map(({ path, text }) => {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), text);
    return path;
  });
}

function told(into: string, paths: string[], examples: Example[]): string {
  const where = relative(process.cwd(), into) || ".";
  const lines = [`Written into ${where}:`, ...paths.map((path) => `  ${path}`)];
  if (examples.length === 0) return lines.join("\n");
  return [
    ...lines,
    "",
    "Examples that are to be replaced by what is yours (the READMEs say where it comes from):",
    ...examples.map(({ input, value }) => `  ${input}: ${value.trim().replaceAll("\n", ", ")}`),
  ].join("\n");
}

const args = process.argv.slice(2);
if (args.length === 0 || args.includes("--help")) process.stdout.write(`${USAGE}\n`);
else {
  try {
    const { system, into, values } = read(args);
    const { callers, examples } = fill(callersOf(system), values);
    process.stdout.write(`${told(into, write(into, callers), examples)}\n`);
  } catch (error) {
    process.stderr.write(`error: ${explain(error)}\n`);
    process.exitCode = 1;
  }
}
