import { duration } from "@playbook/action";
import {
  bucket,
  keyValueStore,
  paths,
  role,
  routing,
  url,
  wholeNumber,
} from "@playbook/site/inputs";
import { z } from "zod";

const optional = z.string().optional();

const number = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, "must be a whole number from 1.")
  .transform(Number);

/** `{preview}` is the whole of the first label, which the edge reads. */
const previewUrl = z
  .string()
  .regex(
    /^https?:\/\/\{preview\}(\.[a-z0-9-]+)+(:\d+)?\/?$/,
    "must be like https://{preview}.previews.example.net.",
  )
  .transform((text) => text.replace(/\/$/, ""));

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["deploy", "remove", "sweep"], { error: "must be deploy, remove or sweep." }),
  artifact: z.string().default("ui-preview"),
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
  "reviewed-environment": optional,
  "pull-request": number.optional(),
  url: previewUrl.optional(),
  "production-url": url.optional(),
  "production-bucket": bucket.optional(),
  "production-key-value-store": keyValueStore.optional(),
  bucket,
  "key-value-store": keyValueStore,
  role: role.optional(),
  region: z.string(),
  manifest: optional,
  config: optional,
  "per-release": paths.default([]),
  routing: routing.default("single-page"),
  environment: z.string().default("preview"),
  verify: wholeNumber.default(3),
  token: z.string(),
  author: z.string().default("github-actions[bot]"),
  deadline: duration.default(30 * 60_000),
});
