import { duration, lines, wholeNumber } from "@playbook/action";
import { podKeys } from "@playbook/axon";
import { parse } from "yaml";
import { z } from "zod";

const optional = z.string().optional();

/** YAML of one mapping, as Helm's values are. */
export const values = z.string().transform((text, context) => {
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

/** Of a namespace or a release. */
export const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, "must be a name of Kubernetes, at most 53 long.");

/** The inputs of every action that changes a release, as their action.yml declare them. */
export const releaseInputs = {
  cluster: optional,
  region: optional,
  role: optional,
  kubeconfig: optional,
  "kube-context": optional,
  namespace: name,
  release: name,
  chart: optional,
  "chart-version": optional,
  values: lines.default([]),
  artifact: optional,
  "artifact-digest": z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits.")
    .optional(),
  set: values.default({}),
  "hold-values": values.optional(),
  "helm-storage": z.enum(["configmap", "secret"]).optional(),
  helm: z.string().default("helm"),
  validators: optional,
  "public-keys": podKeys.default(new Map()),
  "rpc-port": wholeNumber.default(8000),
  "min-validators": wholeNumber.default(5),
  data: z.enum(["compatible", "forward-only"]).optional(),
  "snapshot-class": optional,
  patience: duration.default(10 * 60_000),
  "validator-timeout": duration.default(15 * 60_000),
  deadline: duration.default(3 * 3_600_000),
};
