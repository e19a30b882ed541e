import { z } from "zod";

const wholeNumber = z
  .string()
  .regex(/^[1-9]\d*$/, "must be a whole number from 1.")
  .transform(Number);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  artifact: z.string().default("contracts-plan"),
  "run-id": wholeNumber.optional(),
  "pull-request": wholeNumber.optional(),
  head: z
    .string()
    // GitHub has no owner for a fork that was deleted.
    .regex(/^[^:\s]*:\S+$/, "must be owner:branch.")
    .optional(),
  "head-sha": z.string().regex(/^[0-9a-f]{40}$/, "must be a commit's 40 hex digits."),
  token: z.string(),
  author: z.string().default("github-actions[bot]"),
});
