import type { Context, Report } from "@playbook/action";
import type { Inputs } from "./chain.ts";

export type { Inputs } from "./chain.ts";

/** Judges a change of a chain's validators, or brings it about: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "plan") {
    const { plan } = await import("./plan.ts");
    return plan(inputs, context);
  }
  const { apply } = await import("./apply.ts");
  return apply(inputs, context);
}
