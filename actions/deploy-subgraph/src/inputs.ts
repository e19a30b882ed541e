import { duration, flag, lines } from "@playbook/action";
import { count, subgraphName, url } from "@playbook/subgraph/inputs";
import { z } from "zod";

const optional = z.string().optional();

/** `source=contract`, a line each, the contract with `#2` for the second of its name. */
const sources = lines.transform((items, context) =>
  items.map((item) => {
    const [, source, contract, nth = "0"] =
      /^([^=\s]+)\s*=\s*([^#\s]+)(?:#(\d+))?$/.exec(item) ?? [];
    if (source && contract) return { source, contract, nth: Number(nth) };
    context.addIssue(`"${item}" is not source=contract.`);
    return z.NEVER;
  }),
);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["build", "apply"], { error: "must be build or apply." }),
  name: subgraphName,
  release: z.string().regex(/[A-Za-z0-9]/, "must have a letter or a digit."),
  environment: z.string(),
  project: z.string().default("."),
  network: optional,
  manifest: optional,
  chain: optional,
  sources: sources.default([]),
  queries: z.string().default("queries"),
  edition: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "must be up to 64 letters, digits, dots, dashes or underscores.")
    .optional(),
  "allow-breaking": flag.default(false),
  folder: z.string().default(".playbook/subgraph"),
  artifact: optional,
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits.")
    .optional(),
  query: url.optional(),
  status: url.optional(),
  admin: url.optional(),
  "admin-token": optional,
  ipfs: url.optional(),
  "ipfs-token": optional,
  "rpc-url": url.optional(),
  lag: count.default(50),
  wait: duration.default(5 * 3_600_000),
  keep: count.refine((value) => value > 0, "must be at least 1.").default(3),
  rollback: flag.default(false),
  state: z.string().default(".playbook/state"),
  role: z
    .string()
    .regex(/^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role.")
    .optional(),
  region: optional,
  deadline: duration.default(5.5 * 3_600_000),
});

/** A data source whose contract is called otherwise; `nth` counts from 1, 0 is the newest. */
export type Source = { source: string; contract: string; nth: number };
