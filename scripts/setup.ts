// Installs tools ahead of time, all at once: `setup [name …]`, every tool without a name.
import { type ToolName, tool, toolNames } from "./tools.ts";

const named = process.argv.slice(2);
const unknown = named.filter((name) => !toolNames.includes(name as ToolName));
if (unknown.length > 0) {
  process.stderr.write(`error: no such tool: ${unknown.join(", ")}. (${toolNames.join(", ")})\n`);
  process.exit(1);
}

const wanted = named.length > 0 ? (named as ToolName[]) : toolNames;
const outcomes = await Promise.allSettled(wanted.map(tool));
const failures = outcomes.filter((outcome) => outcome.status === "rejected");
for (const { reason } of failures) process.stderr.write(`\nerror: ${(reason as Error).message}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
