import { duration } from "@playbook/action";
import { count, subgraphName, url } from "@playbook/subgraph/inputs";
import { z } from "zod";

const optional = z.string().optional();

const wholeNumber = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, "must be a whole number from 1.")
  .transform(Number);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["deploy", "remove", "sweep"], { error: "must be deploy, remove or sweep." }),
  name: subgraphName,
  artifact: z.string().default("subgraph-plan"),
  "run-id": wholeNumber.optional(),
  folder: optional,
  head: z
    .string()
    // GitHub has no owner for a fork that was deleted.
    .regex(/^[^:\s]*:\S+$/, "must be owner:branch.")
    .optional(),
  "head-sha": z
    .string()
    .regex(/^[0-9a-f]{40}$/, "must be a commit's 40 hex digits.")
    .optional(),
  "pull-request": wholeNumber.optional(),
  "reviewed-environment": optional,
  admin: url,
  "admin-token": optional,
  "production-admin": url,
  status: url,
  query: url,
  ipfs: url.optional(),
  lag: count.default(50),
  wait: duration.default(30 * 60_000),
  token: z.string(),
  author: z.string().default("github-actions[bot]"),
  deadline: duration.default(60 * 60_000),
});
