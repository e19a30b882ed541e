import type { Context, Report } from "@playbook/action";
import type { Inputs } from "./prepare.ts";

export type { Inputs } from "./prepare.ts";

/** Backs a chain up, or says what that would do: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "plan") {
    const { plan } = await import("./plan.ts");
    return plan(inputs, context);
  }
  const { apply } = await import("./apply.ts");
  return apply(inputs, context);
}
