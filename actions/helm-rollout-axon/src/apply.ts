import type { Context, Report } from "@playbook/action";
import { admit, findingsOf, prepare, reportOf, rollOut } from "@playbook/release";
import { statements } from "./access.ts";
import type { Inputs } from "./run.ts";

/** Brings the release about: one validator at a time, never fewer votes than commit a block. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, context, { system: "axon", statements, stack });
  const findings = await findingsOf(prepared, inputs);
  admit(findings, context);
  const result = await rollOut(prepared, inputs, context);
  return reportOf(result, prepared, findings);
}
