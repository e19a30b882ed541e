import { duration, flag, list, wholeNumber } from "@playbook/action";
import { z } from "zod";
import { wantedSet } from "./wanted.ts";

const optional = z.string().optional();

const KEY = /^([a-z0-9.-]+)\s*[=:]\s*(0x[0-9a-fA-F]{66})$/;

/** `axon-0 = 0x03…`, one a line. */
const publicKeys = list.transform((items, context) => {
  const entries = items.map((item) => KEY.exec(item));
  const wrong = items.find((_, index) => !entries[index]);
  if (wrong !== undefined) {
    context.addIssue(`"${wrong}" is no \`pod = public key\`, the key 33 bytes in hex.`);
    return z.NEVER;
  }
  return new Map(entries.map((entry) => [entry?.[1] ?? "", (entry?.[2] ?? "").toLowerCase()]));
});

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
  "public-keys": publicKeys.default(new Map()),
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
  patience: duration.default(10 * 60_000),
  deadline: duration.default(5 * 3_600_000),
});
