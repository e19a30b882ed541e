import type { Context, Report } from "@playbook/action";
import type { Inputs } from "./prepare.ts";

export type { Inputs } from "./prepare.ts";

/** Restores a chain, tries a restore out, or says what one would do: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  const { pack, unpack } = await import("@playbook/release");
  if (inputs.mode === "pack") return pack(inputs, context);
  await using stack = new AsyncDisposableStack();
  return await restore(await unpack(inputs, context, stack), inputs.mode, context);
}

async function restore(
  inputs: Inputs,
  mode: Exclude<Inputs["mode"], "pack">,
  context: Context,
): Promise<Report> {
  switch (mode) {
    case "plan": {
      const { plan } = await import("./plan.ts");
      return plan(inputs, context);
    }
    case "apply": {
      const { apply } = await import("./apply.ts");
      return apply(inputs, context);
    }
    case "drill": {
      const { drill } = await import("./drill.ts");
      return drill(inputs, context);
    }
  }
}
