import { duration, flag, lines, wholeNumber } from "@playbook/action";
import { cacheRules } from "@playbook/site/cache";
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

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits.");

/** It is part of addresses and of pages: nothing in it may need to be written otherwise there. */
const release = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, "must be letters, digits, dots, - and _, at most 100.");

/** Folders of the site, each written with slashes at both ends. */
const folders = lines.transform((items) =>
  items.map((item) => `/${item.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/\/$/, "/")),
);

/** The inputs as action.yml declares them. */
export const schema = z.object({
  mode: z.enum(["plan", "apply", "rollback"], { error: "must be plan, apply or rollback." }),
  folder: z.string().default("dist"),
  artifact: optional,
  "artifact-digest": digest.optional(),
  environment: z.string(),
  release: release.optional(),
  order: wholeNumber.optional(),
  bucket: bucket.optional(),
  distribution: z
    .string()
    .regex(/^[A-Z0-9]+$/, "must be the id of a distribution.")
    .optional(),
  "key-value-store": keyValueStore.optional(),
  url: url.optional(),
  role: role.optional(),
  region: optional,
  manifest: optional,
  config: optional,
  "rollback-to": z.string().default("previous"),
  immutable: folders.optional(),
  "per-release": paths.default([]),
  "cache-rules": cacheRules.default([]),
  "connect-sources": connectSources.optional(),
  routing: routing.default("single-page"),
  keep: wholeNumber.default(10),
  "allow-older": flag.default(false),
  verify: wholeNumber.default(3),
  wait: flag.default(true),
  deadline: duration.default(30 * 60_000),
});
