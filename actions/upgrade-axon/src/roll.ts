import type { Context, Report } from "@playbook/action";
import { admit, findingsOf, planOf, prepare, reportOf, rollOut } from "@playbook/release";
import { seeBackup } from "./backup.ts";
import { rights } from "./rights.ts";
import type { Inputs } from "./run.ts";

/** An upgrade that the data survives: one validator at a time, and back if it has to be. */
export async function roll(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, context, { ...rights, stack });
  const findings = await findingsOf(prepared, inputs);
  await seeBackup(prepared, inputs, context);
  if (inputs.mode === "plan") return planOf("Upgrade", inputs.release, prepared, findings);
  admit(findings, context);
  return reportOf(await rollOut(prepared, inputs, context), prepared, findings);
}
