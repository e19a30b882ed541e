import type { Context, parseInputs, Report } from "@playbook/action";
import type { schema } from "./inputs.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  env: Record<string, string | undefined>;
  /** `owner/name`: whose agents they are. */
  repository: string;
  /** Which run it is, for whoever reads the record. */
  run: string;
};

/** Stores the files, shows what would be done, or brings it about: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  for (const { value } of inputs.rpcUrls) context.mask(value);
  if (inputs.mode === "pack") {
    const { packFiles } = await import("./files.ts");
    return packFiles(inputs, context);
  }
  if (inputs.mode === "plan") {
    const { plan } = await import("./plan.ts");
    return plan(inputs, context);
  }
  const { apply } = await import("./apply.ts");
  return apply(inputs, context);
}
