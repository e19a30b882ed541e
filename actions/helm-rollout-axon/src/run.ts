import type { Context, Report } from "@playbook/action";
import type { Inputs as ReleaseInputs } from "@playbook/release";

export type Inputs = ReleaseInputs & { mode: "pack" | "plan" | "apply" };

/** Stores what a release is made of, judges a rollout, or brings it about: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  if (inputs.mode === "pack") {
    const { pack } = await import("@playbook/release");
    return pack(inputs, context);
  }
  if (inputs.mode === "plan") {
    const { plan } = await import("./plan.ts");
    return plan(inputs, context);
  }
  const { apply } = await import("./apply.ts");
  return apply(inputs, context);
}
