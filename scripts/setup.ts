// Installs tools ahead of time, all at once, and names what the machine lacks: `setup [name …]`,
// everything without a name.
import { program, type UsedProgram, usedPrograms } from "./programs.ts";
import { type ToolName, tool, toolNames } from "./tools.ts";

type Name = ToolName | UsedProgram;

const known: readonly Name[] = [...toolNames, ...usedPrograms];

async function provide(name: Name): Promise<void> {
  if (usedPrograms.includes(name as UsedProgram)) program(name as UsedProgram);
  else await tool(name as ToolName);
}

const named = process.argv.slice(2);
const unknown = named.filter((name) => !known.includes(name as Name));
if (unknown.length > 0) {
  process.stderr.write(`error: no such tool: ${unknown.join(", ")}. (${known.join(", ")})\n`);
  process.exit(1);
}

const wanted = named.length > 0 ? (named as Name[]) : known;
const outcomes = await Promise.allSettled(wanted.map(provide));
const failures = outcomes.filter((outcome) => outcome.status === "rejected");
for (const { reason } of failures) process.stderr.write(`\nerror: ${(reason as Error).message}\n`);
process.exitCode = failures.length > 0 ? 1 : 0;
