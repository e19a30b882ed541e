import { lines } from "@playbook/action";
import { FEE_FIELDS, type FeeOverride } from "@playbook/evm";
import { parseUnits } from "ethers";
import { z } from "zod";

/** One URL of a chain, which may have several. */
export type RpcUrl = { name: string; value: string };

/** How many endpoints have to agree on a chain; on all of them without a name. */
export type Quorums = { name: string | null; count: number }[];

export const positive = z
  .string()
  .regex(/^[1-9]\d*$/, "must be a whole number from 1.")
  .transform(Number);

/** `name=value`, one a line; a name may come several times. */
const assignments = lines.transform((items, context) =>
  items.map((item) => {
    const [, name, value] = /^([^=\s]+)\s*=\s*(\S.*)$/.exec(item) ?? [];
    if (name && value) return { name, value };
    // The line itself may hold a secret, so it is not repeated.
    context.addIssue("has a line that is not `name=value`.");
    return z.NEVER;
  }),
);

/** A name has nothing of a URL in it, which may hold a secret. */
const NAMED_URLS = /^([^=\s/:?]+)\s*=\s*(.*)$/;

/**
 * URLs of nodes, as `name=url`. What follows a comma, or is a URL alone on its line, is of the
 * chain before it, as secrets have several. They may be secrets, so a wrong one is told by its
 * name.
 */
export const urls = lines.transform((items, context) => {
  const found = new Map<string, string[]>();
  let last: string | undefined;
  for (const item of items) {
    const [, name = last, text = item] = NAMED_URLS.exec(item) ?? [];
    if (name === undefined || (text === item && !/^https?:\/\//i.test(item))) {
      context.addIssue("has a line that is not `name=value`.");
      continue;
    }
    const values = text.split(",").map((value) => value.trim());
    found.set(name, [...(found.get(name) ?? []), ...values.filter(Boolean)]);
    last = name;
  }
  for (const [name, values] of found) {
    if (values.length > 0 && values.every(isWeb)) continue;
    context.addIssue(`the value of ${name} is no URL that begins with http:// or https://.`);
  }
  return [...found].flatMap(([name, values]) => values.map((value): RpcUrl => ({ name, value })));
});

function isWeb(value: string): boolean {
  return /^https?:\/\/\S+$/.test(value) && URL.canParse(value);
}

export const budgets = assignments.transform((items, context) =>
  items.map(({ name, value }, index) => {
    if (items.findIndex((one) => one.name === name) < index) {
      context.addIssue(`${name} has two budgets.`);
    }
    if (/^\d+(\.\d{1,18})?$/.test(value)) return { name, wei: parseUnits(value, 18) };
    context.addIssue(`"${value}" is no amount for ${name}; write for example ${name}=0.05.`);
    return z.NEVER;
  }),
);

/** `name.field=amount`, a line each; in wei, or with `gwei` after it. */
export const fees = assignments.transform((items, context) =>
  items.map(({ name: path, value }): FeeOverride => {
    const [, name = "", last] = /^(.+)\.(\w+)$/.exec(path) ?? [];
    const field = FEE_FIELDS.find((one) => one === last);
    const [, digits, gwei] = /^(\d+(?:\.\d{1,9})?)( ?gwei)?$/.exec(value) ?? [];
    const isAmount = digits !== undefined && (gwei !== undefined || !digits.includes("."));
    if (field && isAmount) return { name, field, wei: parseUnits(digits, gwei ? 9 : 0) };
    context.addIssue(
      field
        ? `"${value}" is no amount for ${path}; write wei, or for example 30gwei.`
        : `${path} is no field of a chain; those are ${FEE_FIELDS.join(", ")}.`,
    );
    return z.NEVER;
  }),
);

/** `number` for all chains, or `name=number`; a line each. */
export const quorums = lines.transform((items, context) =>
  items.map((item) => {
    const [, name = null, count = ""] = /^(?:([^=\s]+)\s*=\s*)?([1-9]\d*)$/.exec(item) ?? [];
    if (count) return { name, count: Number(count) };
    context.addIssue(`"${item}" is neither a number from 1 nor name=number.`);
    return z.NEVER;
  }),
);

export const key = z
  .string()
  .regex(
    /^(alias\/[\w/-]+|[\w-]{8,}|arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)\/[\w/-]+)$/,
    "must be a KMS key's id, ARN or alias/name.",
  );

export const role = z
  .string()
  .regex(/^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role.");

export const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hex digits.");
