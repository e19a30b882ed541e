import { duration, list } from "@playbook/action";
import { releaseInputs } from "@playbook/release/inputs";
import { z } from "zod";

const HOUR = 3_600_000;

const height = z
  .string()
  .regex(/^[1-9]\d*$/, "must be the number of a block.")
  .transform(Number);

/** Axon knows one; `None` is a name of its format, and no fork. */
const features = list.pipe(
  z.array(z.enum(["Andromeda"], { error: "must be Andromeda." })).min(1, "must name a feature."),
);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["pack", "plan", "apply"], { error: "must be pack, plan or apply." }),
  upgrade: z.enum(["rollout", "fork", "jump"], { error: "must be rollout, fork or jump." }),
  ...releaseInputs,
  backup: z.string().optional(),
  "backup-age": duration.default(24 * HOUR),
  "no-backup-because": z.string().optional(),
  features: features.default(["Andromeda"]),
  "fork-height": height.optional(),
  "prepare-time": duration.optional(),
  margin: duration.default(HOUR / 2),
  "when-late": z
    .enum(["call-off", "move"], { error: "must be call-off or move." })
    .default("call-off"),
  "first-block": duration.default(HOUR / 4),
  "accept-loss": height.optional(),
});
