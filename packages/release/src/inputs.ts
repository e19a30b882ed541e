import { duration, lines, wholeNumber } from "@playbook/action";
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

const KEY = /^([a-z0-9.-]+)\s*[=:]\s*(0x[0-9a-fA-F]{66})$/;

/** `axon-0 = 0x03…`, one a line. */
const publicKeys = lines.transform((items, context) => {
  const entries = items.map((item) => KEY.exec(item));
  const wrong = items.find((_, index) => !entries[index]);
  if (wrong !== undefined) {
    context.addIssue(`"${wrong}" is no \`pod = public key\`, the key 33 bytes in hex.`);
    return z.NEVER;
  }
  return new Map(entries.map((entry) => [entry?.[1] ?? "", (entry?.[2] ?? "").toLowerCase()]));
});

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
  "public-keys": publicKeys.default(new Map()),
  "rpc-port": wholeNumber.default(8000),
  "min-validators": wholeNumber.default(5),
  data: z.enum(["compatible", "forward-only"]).optional(),
  "snapshot-class": optional,
  patience: duration.default(10 * 60_000),
  "validator-timeout": duration.default(15 * 60_000),
  deadline: duration.default(3 * 3_600_000),
};
