import { releaseInputs } from "@playbook/release/inputs";
import { z } from "zod";

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["pack", "plan", "apply"], { error: "must be pack, plan or apply." }),
  ...releaseInputs,
});
