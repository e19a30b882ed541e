import type { Context, Report } from "@playbook/action";
import { findingsOf, planOf, prepare } from "@playbook/release";
import { statements } from "./access.ts";
import type { Inputs } from "./run.ts";

/** What a rollout would do and what is in its way; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, context, { system: "axon", statements, stack });
  const findings = await findingsOf(prepared, inputs);
  return planOf("Rollout", inputs.release, prepared, findings);
}
