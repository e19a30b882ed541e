import { duration, flag, list, wholeNumber } from "@playbook/action";
import { podKeys } from "@playbook/axon";
import { z } from "zod";
import { wantedSet } from "./wanted.ts";

const optional = z.string().optional();

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["plan", "apply"], { error: "must be plan or apply." }),
  cluster: optional,
  region: optional,
  role: optional,
  kubeconfig: optional,
  "kube-context": optional,
  namespace: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a name of Kubernetes."),
  validators: wantedSet.optional(),
  "public-keys": podKeys.default(new Map()),
  "min-validators": wholeNumber.default(5),
  "signer-image": z
    .string()
    .regex(/@sha256:[0-9a-f]{64}$/, "must name an image by its digest: …/node@sha256:….")
    .optional(),
  "key-volumes": list.default(["keys", "stored-keys"]),
  "key-file": z.string().default("net.key"),
  "accept-set": flag.default(false),
  "stop-removed": flag.default(false),
  "epoch-blocks": wholeNumber.optional(),
  "epoch-wait": duration.default(3 * 3_600_000),
  "rpc-port": wholeNumber.default(8000),
  "p2p-port": wholeNumber.default(8001),
  patience: duration.default(10 * 60_000),
  deadline: duration.default(5 * 3_600_000),
});
