import { table } from "@playbook/action";
import type { Taken } from "./take-down.ts";

/** The job summary of what was taken away. */
export function removedText(taken: Taken[]): string {
  const rows = taken.map(({ pull, wasShown, files, deployments }) => [
    `#${pull}`,
    wasShown ? "a preview" : "left over",
    files,
    deployments,
  ]);
  return (
    "## Previews taken " +
    `away\n\n${table(["Pull request", "What was there", "Files", "Deployments"], rows)}`
  );
}
