import { lines } from "@playbook/action";
import { z } from "zod";

/** Inputs that every action which works on a site has. */

export const role = z
  .string()
  .regex(/^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role.");

export const keyValueStore = z
  .string()
  .regex(
    /^arn:[\w-]+:cloudfront::\d{12}:key-value-store\/[\w-]+$/,
    "must be the ARN of a CloudFront KeyValueStore.",
  );

export const bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket's name.");

export const url = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), "must be https://host.")
  .transform((text) => text.replace(/\/+$/, ""));

/** Files of the site, each written with a slash before it. */
export const paths = lines.transform((items) =>
  items.map((item) => `/${item.replace(/^\/+/, "")}`),
);

/** What a page's code may connect to, as a Content-Security-Policy has it. */
export const connectSources = z
  .string()
  .regex(/^[\w\s*:/.[\]-]*$/, "must be origins or schemes, separated by spaces.")
  .transform((text) => text.split(/\s+/).filter((one) => one !== ""));

export const routing = z.enum(["single-page", "files"], {
  error: "must be single-page or files.",
});
