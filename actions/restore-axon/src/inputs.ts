import { duration, flag, lines, list, wholeNumber } from "@playbook/action";
import { name, values } from "@playbook/release/inputs";
import { z } from "zod";

const optional = z.string().optional();

const LABEL = /^([\w./-]+)=([\w.-]+)$/;

/** `name=value`, with commas between: what is read wrongly here would shut somebody else's pods. */
const labels = list.transform((pairs, context) => {
  const entries = pairs.map((pair) => LABEL.exec(pair));
  if (entries.length > 0 && entries.every((entry) => entry !== null)) {
    return Object.fromEntries(entries.map(([, key = "", value = ""]) => [key, value]));
  }
  context.addIssue("must be labels, `name=value` with commas between.");
  return z.NEVER;
});

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["pack", "plan", "apply", "drill"], {
    error: "must be pack, plan, apply or drill.",
  }),
  cluster: optional,
  region: z.string(),
  role: optional,
  kubeconfig: optional,
  "kube-context": optional,
  namespace: name,
  release: name,
  values: lines.default([]),
  artifact: optional,
  "artifact-digest": z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits.")
    .optional(),
  set: values.default({}),
  helm: z.string().default("helm"),
  backups: z.string(),
  backup: optional,
  base: optional,
  from: z.enum(["bucket", "snapshot"], { error: "must be bucket or snapshot." }).default("bucket"),
  "snapshot-driver": z.string().default("ebs.csi.aws.com"),
  "pod-role": z.string(),
  "storage-class": optional,
  "old-cluster": optional,
  "old-kubeconfig": optional,
  "old-kube-context": optional,
  "old-namespace": name.optional(),
  "old-release": name.optional(),
  "old-validators": labels.optional(),
  "fenced-because": optional,
  "accept-loss": wholeNumber.optional(),
  relayers: optional,
  "resume-relayers": flag.default(false),
  "rpc-port": wholeNumber.default(8000),
  "fence-timeout": duration.default(10 * 60_000),
  "start-timeout": duration.default(15 * 60_000),
  deadline: duration.default(5 * 3_600_000),
  "keep-drill": flag.default(false),
});
