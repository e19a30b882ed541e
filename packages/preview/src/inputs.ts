import { z } from "zod";

const number = z
  .string()
  .regex(/^[1-9]\d{0,15}$/, "must be a whole number from 1.")
  .transform(Number);

/** Inputs that every action which shows previews has. */
export const previewInputs = {
  mode: z.enum(["deploy", "remove", "sweep"], { error: "must be deploy, remove or sweep." }),
  "run-id": number.optional(),
  folder: z.string().optional(),
  head: z
    .string()
    // GitHub has no owner for a fork that was deleted.
    .regex(/^[^:\s]*:\S+$/, "must be owner:branch.")
    .optional(),
  "head-sha": z
    .string()
    .regex(/^[0-9a-f]{40}$/, "must be a commit's 40 hex digits.")
    .optional(),
  "reviewed-environment": z.string().optional(),
  "pull-request": number.optional(),
  token: z.string(),
  author: z.string().default("github-actions[bot]"),
};
