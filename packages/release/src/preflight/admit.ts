import { ActionError, type Context, count } from "@playbook/action";
import type { Finding } from "./finding.ts";

/** Tells what was found. Throws `preflight-failed` where any of it keeps things from going well. */
export function admit(findings: readonly Finding[], context: Context): void {
  for (const finding of findings) tell(finding, context);
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  throw new ActionError("preflight-failed", {
    what: `The rollout would not go well: ${count(errors.length, "finding")}.`,
    why: errors.map(({ at, why }) => `${at}: ${why}`).join("\n"),
    next: [...new Set(errors.map(({ next }) => next))].join("\n"),
  });
}

function tell({ level, at, why, next }: Finding, context: Context): void {
  if (level === "warning") context.warn(`${at}: ${why} ${next}`);
  else context.progress(`${at}: ${why}`);
}
