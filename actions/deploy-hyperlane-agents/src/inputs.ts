import { duration, lines, list } from "@playbook/action";
import { budgets, digest, key, quorums, urls } from "@playbook/broadcast/inputs";
import { releaseInputs } from "@playbook/release/inputs";
import { z } from "zod";
import { targets } from "./funding/targets.ts";

const optional = z.string().optional();

const chains = list.default([]);

/** `validator-axon-a = validator-axon-d`, one a line. */
const rotations = lines.transform((items, context) =>
  items.map((item) => {
    const [, retiring, successor] = /^([a-z0-9-]+)\s*=\s*([a-z0-9-]+)$/.exec(item) ?? [];
    if (retiring && successor && retiring !== successor) return { retiring, successor };
    context.addIssue(`"${item}" is no \`old = new\`, by the names of two releases.`);
    return z.NEVER;
  }),
);

/** A digest, and the releases that retire. */
const planDigest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}(\/[a-z0-9-]+)*$/, "must be the output `plan-digest` of a plan.");

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["pack", "plan", "apply"], { error: "must be pack, plan or apply." }),
  agents: z.string().default("agents.yaml"),
  "agent-config": z.string().default("agent-config.json"),
  values: lines.default([]),
  set: releaseInputs.set,
  artifact: optional,
  "artifact-digest": digest.optional(),
  "config-artifact": optional,
  cluster: optional,
  region: optional,
  role: optional,
  kubeconfig: optional,
  "kube-context": optional,
  namespace: releaseInputs.namespace.default("hyperlane"),
  "rpc-urls": urls.default([]),
  quorum: quorums.default([]),
  "allow-shared-keys": chains,
  "allow-one-operator": chains,
  "allow-one-place": chains,
  "allow-unknown-isms": chains,
  rotate: rotations.default([]),
  funder: key.optional(),
  state: optional,
  funding: targets.default([]),
  "funding-cap": budgets.default([]),
  helm: z.string().default("helm"),
  "plan-digest": planDigest.optional(),
  "agent-timeout": duration.default(15 * 60_000),
});
