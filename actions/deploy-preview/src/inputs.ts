import { duration, wholeNumber } from "@playbook/action";
import { previewInputs } from "@playbook/preview/inputs";
import {
  bucket,
  connectSources,
  keyValueStore,
  paths,
  role,
  routing,
  url,
} from "@playbook/site/inputs";
import { z } from "zod";

const optional = z.string().optional();

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
  ...previewInputs,
  artifact: z.string().default("ui-preview"),
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
  "connect-sources": connectSources.optional(),
  routing: routing.default("single-page"),
  environment: z.string().default("preview"),
  verify: wholeNumber.default(3),
  deadline: duration.default(30 * 60_000),
});
