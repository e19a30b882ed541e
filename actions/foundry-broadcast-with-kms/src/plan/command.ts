import { ActionError, hideUrls } from "@playbook/action";
import { type Environment, plain, runChild } from "@playbook/child";
import type { Script } from "./script.ts";
import { SUBSTITUTED } from "./words.ts";

export type Shell = {
  /** The copy of the project. */
  folder: string;
  env: Environment;
  signal: AbortSignal;
};

/** How much of what a command says is quoted. */
const QUOTED_LINES = 14;

/**
 * Runs what a script's entry has before it, in the copy of the project. Throws `command-failed`.
 */
export async function runCommands({ before, line }: Script, shell: Shell): Promise<void> {
  for (const command of before) await run(command, line, shell);
}

/** The variables of a script's line, with what their commands print in place of these. */
export async function valuesOf(
  { variables, line }: Script,
  shell: Shell,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    const pieces = value.split(SUBSTITUTED);
    for (let at = 1; at < pieces.length; at += 2) {
      const printed = await run(pieces[at] as string, line, shell);
      pieces[at] = printed.replace(/\n+$/, "");
    }
    values[name] = pieces.join("");
  }
  return values;
}

async function run(command: string, line: string, shell: Shell): Promise<string> {
  const { folder, env, signal } = shell;
  const args = ["-euo", "pipefail", "-c", command];
  const { code, stdout, stderr } = await runChild("bash", args, { cwd: folder, env, signal });
  if (code === 0) return stdout;
  const said = hideUrls(plain(`${stdout}\n${stderr}`).replaceAll(`${folder}/`, "")).trim();
  throw new ActionError("command-failed", {
    what: `The command "${command}" ended with ${code ?? "a signal"}, before ${line}`,
    why: said === "" ? "It said nothing." : said.split("\n").slice(-QUOTED_LINES).join("\n"),
    next: "Correct it; it runs in a copy of the project, as the scripts before it have left that.",
  });
}
