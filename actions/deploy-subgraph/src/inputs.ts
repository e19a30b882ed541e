import { ActionError, duration, flag, lines } from "@playbook/action";
import { z } from "zod";
import { isName } from "./names.ts";

const optional = z.string().optional();

const count = z
  .string()
  .regex(/^\d{1,9}$/, "must be a whole number.")
  .transform(Number);

/** The URL itself may hold a password, so it is not repeated. */
const url = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), {
    error: "must be a URL that begins with http:// or https://.",
  })
  .transform((text) => text.replace(/\/+$/, ""));

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
  name: z.string().refine(isName, { error: "is no name that graph-node takes." }),
  release: z.string().regex(/[A-Za-z0-9]/, "must have a letter or a digit."),
  environment: z.string(),
  project: z.string().default("."),
  network: optional,
  manifest: optional,
  chain: optional,
  sources: sources.default([]),
  queries: z.string().default("queries"),
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

/** An input that only some modes demand. */
export function need<Value>(value: Value | undefined, name: string, mode: string): Value {
  if (value !== undefined) return value;
  throw new ActionError("bad-input", {
    what: `"${name}" is missing.`,
    why: `\`mode: ${mode}\` cannot do without it.`,
    next: "Give it; the action's README lists the inputs.",
  });
}
