import { duration, flag, lines } from "@playbook/action";
import { parse } from "yaml";
import { z } from "zod";

const optional = z.string().optional();

const wholeNumber = z
  .string()
  .regex(/^\d+$/, "must be a whole number.")
  .transform((text) => Number(text));

const values = z.string().transform((text, context) => {
  const parsed = asMapping(text);
  if (parsed) return parsed;
  context.addIssue("must be a YAML mapping, like `image: {tag: v0.3.2}`.");
  return z.NEVER;
});

function asMapping(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = parse(text);
    const isMapping = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    return isMapping ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, "must be a name of Kubernetes, at most 53 long.");

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
  from: z.enum(["bucket", "snapshot"], { error: "must be bucket or snapshot." }).default("bucket"),
  "pod-role": z.string(),
  "storage-class": optional,
  "old-cluster": optional,
  "old-region": optional,
  "old-kubeconfig": optional,
  "old-kube-context": optional,
  "old-namespace": name.optional(),
  "old-release": name.optional(),
  "old-validators": optional,
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
