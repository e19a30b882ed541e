import { ActionError, duration, flag, lines } from "@playbook/action";
import { z } from "zod";
import { cacheRules } from "./cache.ts";

const optional = z.string().optional();

const wholeNumber = z.string().regex(/^\d+$/, "must be a whole number.").transform(Number);

const role = z
  .string()
  .regex(/^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role.");

const keyValueStore = z
  .string()
  .regex(
    /^arn:[\w-]+:cloudfront::\d{12}:key-value-store\/[\w-]+$/,
    "must be the ARN of a CloudFront KeyValueStore.",
  );

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits.");

/** It is part of addresses and of pages: nothing in it may need to be written otherwise there. */
const release = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, "must be letters, digits, dots, - and _, at most 100.");

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket's name.");

const url = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), "must be https://host.")
  .transform((text) => text.replace(/\/+$/, ""));

/** Folders of the site, each written with slashes at both ends. */
const folders = lines.transform((items) =>
  items.map((item) => `/${item.replace(/^\/+|\/+$/g, "")}/`.replace(/^\/\/$/, "/")),
);

/** Files of the site, each written with a slash before it. */
const paths = lines.transform((items) => items.map((item) => `/${item.replace(/^\/+/, "")}`));

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
  routing: z
    .enum(["single-page", "files"], { error: "must be single-page or files." })
    .default("single-page"),
  keep: wholeNumber.default(10),
  "allow-older": flag.default(false),
  verify: wholeNumber.default(3),
  wait: flag.default(true),
  deadline: duration.default(30 * 60_000),
});

/** Throws `bad-input` for an input that this mode cannot do without. */
export function need<Value>(value: Value | undefined, name: string, mode: string): Value {
  if (value !== undefined) return value;
  throw new ActionError("bad-input", {
    what: `"${name}" is missing.`,
    why: `\`mode: ${mode}\` cannot do without it.`,
    next: "Add it; the action's README says what it is.",
  });
}
