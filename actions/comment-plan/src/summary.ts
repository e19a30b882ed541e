import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "@playbook/action";

/** GitHub shows no longer summary of a step; a comment takes a sixteenth of it. */
const LONGEST = 1024 * 1024;

/** Reads a plan's own account of itself. Throws `plan-unreadable`. */
export async function readSummary(folder: string, artifact: string): Promise<string> {
  const path = join(folder, "summary.md");
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw unreadable(artifact, "It has no file summary.md.");
  if (found.size > LONGEST) {
    throw unreadable(artifact, `Its summary.md has ${found.size} bytes; ${LONGEST} are allowed.`);
  }
  return await readFile(path, "utf8");
}

function unreadable(artifact: string, why: string): ActionError {
  return new ActionError("plan-unreadable", {
    what: `Artifact "${artifact}" carries no plan that could be shown.`,
    why,
    next: "Give the artifact that an action's `mode: plan` stored.",
  });
}
