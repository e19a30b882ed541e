import { type Address, address } from "@playbook/evm";
import { z } from "zod";
import { NOBODY } from "./contract.ts";
import { saidOf } from "./left-out.ts";

/** Nothing that comes after it is asked of a text that is no number. */
const digits = z.string().regex(/^\d+$/, { error: "is no whole number.", abort: true });

/** Amounts are decimal strings in these files; YAML makes numbers of some. */
export const amount = amountOf(256);

/** An amount of which a contract keeps so many bits. */
export function amountOf(bits: number) {
  return z
    .union([digits, z.number().int({ error: saysToQuote }).nonnegative()])
    .transform(String)
    .refine((text) => BigInt(text) < 2n ** BigInt(bits), `does not fit into ${bits} bits.`);
}

function saysToQuote({ code }: { code?: string }): string | undefined {
  return code === "too_big" ? "is too big for a number: write it in quotes." : undefined;
}

/** Whom a contract refuses to be without. */
export const somebody = address.refine((one) => one !== NOBODY, "is nobody.");

/** How many of a set are needed: it is kept in one byte. */
export const threshold = z.number().int().min(1).max(255);

/**
 * Hyperlane's own configs name these everywhere, and the official CLI gives nobody what they name.
 */
export const IDLE_OVERRIDES: readonly string[] = [
  "validatorAnnounce",
  "testRecipient",
  "fallbackRoutingHook",
];

/**
 * An owner, and those of some contracts of a thing by their names; what else is named is refused,
 * as it would be the owner's without a word.
 */
export function owned<const Names extends readonly string[]>(...names: Names) {
  return { owner: address, ownerOverrides: overrides(names, IDLE_OVERRIDES).optional() };
}

/** The same of a module or hook, which gives nobody a proxy admin either. */
export function ownedPart<const Names extends readonly string[]>(...names: Names) {
  const idle = [...IDLE_OVERRIDES, "proxyAdmin"];
  return { owner: address, ownerOverrides: overrides(names, idle).optional() };
}

function overrides<const Names extends readonly string[]>(names: Names, idle: readonly string[]) {
  return z.record(z.string(), address).check(({ value, issues }) => {
    const taken = [...names, ...idle];
    const other = Object.keys(value).find((name) => !taken.includes(name));
    if (other === undefined) return;
    const known =
      names.length > 0 ? `Known here are ${names.join(" and ")}.` : "None is known here.";
    issues.push({
      code: "custom",
      message: `names ${other}, which is not known. ${known}`,
      input: value,
    });
  });
}

/** Where it is, as `core read` prints it beside all that it says of it. */
export const placed = { address: address.optional() };

/** What is there already, as `core read` prints it: all that is taken of it is its address. */
export function standing(types: Readonly<Record<string, string>>) {
  const said = saidOf(types);
  return z
    .object({ type: z.enum(Object.keys(types)), address: address.optional() })
    .check(({ value, issues }) => {
      if (value.address !== undefined) return;
      issues.push({
        code: "custom",
        path: ["type"],
        message: said({ input: value }),
        input: value,
      });
    })
    .transform((one) => one.address as Address);
}
