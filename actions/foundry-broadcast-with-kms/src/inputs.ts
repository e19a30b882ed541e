import { duration, flag, lines, list } from "@playbook/action";
import {
  budgets,
  digest,
  fees,
  key,
  positive,
  quorums,
  role,
  urls,
} from "@playbook/broadcast/inputs";
import { address } from "@playbook/evm";
import { z } from "zod";
import { unsafeLayouts } from "./plan/upgrade/verdict.ts";
import { planError } from "./plan-error.ts";
import { differs } from "./promotion/promoted.ts";
import { keeps } from "./rights/keeps.ts";

const optional = z.string().optional();

const percentage = z
  .string()
  .regex(/^\d+$/, "must be a whole percentage, like 130.")
  .transform(Number)
  .refine((value) => value >= 100 && value <= 1_000, "must be between 100 and 1000.");

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["plan", "apply", "abandon", "adopt"], {
    error: "must be plan, apply, abandon or adopt.",
  }),
  environment: z.string(),
  release: z.string(),
  chains: list.default([]),
  "chains-file": z.string().default("chains.yaml"),
  "rpc-urls": urls.default([]),
  project: z.string().default("."),
  scripts: lines.default([]),
  stepwise: positive.optional(),
  sender: address.optional(),
  profile: optional,
  keeps: keeps.default([]),
  promotes: optional,
  "promotes-digest": digest.optional(),
  differs: differs.default([]),
  layouts: optional,
  "unsafe-layouts": unsafeLayouts.default([]),
  "gas-margin": percentage.default(130),
  optional: flag.default(false),
  plan: z.string().default(".playbook/plan"),
  artifact: optional,
  broadcast: optional,
  "plan-digest": digest.optional(),
  "plan-error": z.string().transform(planError).optional(),
  role: role.optional(),
  region: optional,
  key: key.optional(),
  state: optional,
  budget: budgets.default([]),
  fees: fees.default([]),
  quorum: quorums.default([]),
  window: positive.default(16),
  deadline: duration.default(5.5 * 3_600_000),
});
