import { duration, flag, wholeNumber } from "@playbook/action";
import { z } from "zod";

const optional = z.string().optional();

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, "must be a name of Kubernetes, at most 53 long.");

/** In MiB; S3 takes no more than 5 GiB at a time. */
const partSize = wholeNumber.refine(
  (size) => size >= 1 && size <= 5_120,
  "must be between 1 and 5120.",
);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["plan", "apply"], { error: "must be plan or apply." }),
  cluster: optional,
  region: z.string(),
  role: optional,
  kubeconfig: optional,
  "kube-context": optional,
  namespace: name,
  release: name,
  source: name.optional(),
  "allow-validator": flag.default(false),
  backups: z.string(),
  "pod-role": z.string(),
  "snapshot-class": optional,
  "storage-class": optional,
  "part-size": partSize.default(256),
  "keep-latest": wholeNumber.default(3),
  "keep-days": wholeNumber.default(7),
  "keep-weeks": wholeNumber.default(4),
  "keep-months": wholeNumber.default(12),
  "keep-snapshots": wholeNumber.default(2),
  "rpc-port": wholeNumber.default(8000),
  "sync-timeout": duration.default(30 * 60_000),
  deadline: duration.default(5 * 3_600_000),
});
