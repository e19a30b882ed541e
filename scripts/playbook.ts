// Runs an action from a terminal: `playbook <action> --input value`; see `playbook --help`.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { variable } from "@playbook/action";
import { type Action, readActions } from "./library.ts";
import { root } from "./tools.ts";

/** What is no action and runs from a terminal only. */
const COMMANDS: Record<string, { path: string; does: string }> = {
  init: {
    path: "scripts/init.ts",
    does: "Writes the workflow files by which a product's repository uses this library.",
  },
  ledger: {
    path: "scripts/ledger.ts",
    does: "Shows where keys and releases stand; adopts a used key; gives a begun release up.",
  },
};

const [name, ...args] = process.argv.slice(2);
const actions = readActions().filter(({ file }) => file.runs.main !== undefined);

if (!name || name === "--help") print(overview());
else if (name in COMMANDS) await runCommand(name);
else await runAction(name);

async function runCommand(name: string): Promise<void> {
  const script = join(root, COMMANDS[name]?.path ?? "");
  if (!existsSync(script)) return fail(`"${name}" is not there yet.`);
  process.argv.splice(2, 1);
  await import(pathToFileURL(script).href);
}

async function runAction(name: string): Promise<void> {
  const action = actions.find((one) => one.name === name);
  if (!action) return fail(`There is no action "${name}".\n\n${overview()}`);
  if (args.includes("--help")) return print(help(action));

  const given = readInputs(args);
  if (typeof given === "string") return fail(`${given}\n\n${help(action)}`);
  for (const [input, { default: value }] of Object.entries(action.file.inputs)) {
    if (value !== undefined) process.env[variable(input)] ??= String(value);
  }
  for (const [input, value] of Object.entries(given)) process.env[variable(input)] = value;
  await import(pathToFileURL(join(root, action.folder, "src", "index.ts")).href);
}

/**
 * `--input value` and `--input=value`, or what is wrong. The action names what it does not know.
 */
function readInputs(args: string[]): Record<string, string> | string {
  const inputs: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [, input, inline] = /^--([a-z][\w-]*)(?:=([\s\S]*))?$/.exec(args[at] ?? "") ?? [];
    if (!input) return `"${args[at]}" is no input: write --name value.`;
    const value = inline ?? args[++at];
    if (value === undefined) return `--${input} has no value.`;
    inputs[input] = value;
  }
  return inputs;
}

function overview(): string {
  const lines = [
    ...actions.map(({ name, file }) => `  ${name}\n      ${oneLine(file.description)}`),
    ...Object.entries(COMMANDS).map(([name, { does }]) => `  ${name}\n      ${does}`),
  ];
  return (
    "pnpm playbook <name> --input value …   (--help after a name " +
    `lists its inputs)\n\n${lines.join("\n")}`
  );
}

function help({ name, file }: Action): string {
  const lines = Object.entries(file.inputs).map(
    ([input, { description, required, default: d }]) => {
      const remark = required ? " (required)" : d === undefined ? "" : ` (default ${d})`;
      return `  --${input}${remark}\n      ${oneLine(description)}`;
    },
  );
  return `pnpm playbook ${name} --input value …\n\n${lines.join("\n")}`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(problem: string): void {
  process.stderr.write(`error: ${problem}\n`);
  process.exitCode = 1;
}
