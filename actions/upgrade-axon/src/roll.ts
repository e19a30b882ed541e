import type { Context, Report } from "@playbook/action";
import { admit, findingsOf, planOf, prepare, reportOf, rollOut } from "@playbook/release";
import { seeBackup } from "./backup.ts";
import { goesOnRolling, unfinishedOf } from "./begun.ts";
import { rights } from "./rights.ts";
import type { Inputs } from "./run.ts";

/** An upgrade that the data survives: one validator at a time, and back if it has to be. */
export async function roll(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, context, { ...rights, stack });
  const findings = await findingsOf(prepared, inputs);
  const begun = await unfinishedOf(prepared, inputs, context);
  // A chain that is half upgraded is not to wait for a backup: it was seen when that began.
  const goesOn = begun !== undefined && goesOnRolling(begun, await prepared.release.isApplied());
  if (!goesOn) await seeBackup(prepared, inputs, context);
  if (inputs.mode === "plan") return planOf("Upgrade", inputs.release, prepared, findings);
  admit(findings, context);
  return reportOf(await rollOut(prepared, inputs, context), prepared, findings);
}
