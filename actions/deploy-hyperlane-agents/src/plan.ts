import type { Context, Report } from "@playbook/action";
import { changesOf, planDigest } from "./entry.ts";
import { prepare } from "./prepare.ts";
import type { Inputs } from "./run.ts";
import { planSummary } from "./summary.ts";

/** What would be done and what is in its way; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const { sight, findings } = await prepare(inputs, context, stack);
  const entries = sight.agents.map(({ entry }) => entry);
  return {
    outputs: {
      "plan-digest": planDigest(entries),
      changes: changesOf(entries),
      findings,
      "can-apply": findings.every(({ level }) => level !== "error"),
    },
    summary: planSummary(sight, findings),
  };
}
