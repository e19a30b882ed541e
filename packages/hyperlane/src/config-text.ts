import { ActionError, reason } from "@playbook/action";
import { parse, type Tags } from "yaml";
import type { z } from "zod";

/**
 * The official CLI has no bound; a parser's own is for what strangers write, and is soon reached.
 */
const MOST_ALIASES = 100_000;

/** What a config says, YAML or JSON. Throws `bad-core-config`. */
export function parseConfig(text: string, source: string): unknown {
  const value = parsed(text, source);
  if (value === null) throw badCoreConfig(source, "It is empty.");
  if (containsItself(value)) throw badCoreConfig(source, "It contains itself.");
  return value;
}

function parsed(text: string, source: string): unknown {
  try {
    return parse(text, { customTags: withoutHex, maxAliasCount: MOST_ALIASES });
  } catch (error) {
    const { code } = error as { code?: unknown };
    const isSeveral = code === "MULTIPLE_DOCS";
    const why = isSeveral ? "It has several documents: take out the lines ---." : reason(error);
    throw badCoreConfig(source, why);
  }
}

function containsItself(value: unknown, above: unknown[] = [], seen = new Set()): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (above.includes(value)) return true;
  if (seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((one) => containsItself(one, [...above, value], seen));
}

/**
 * An address without quotes stays the text that it is: as a number it would lose its last digits.
 */
function withoutHex(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === "string" || tag.format !== "HEX");
}

type Issue = z.core.$ZodIssue;

/** Where the text goes wrong first, in the branch of each union that it comes nearest to. */
export function firstFlaw(issues: Issue[], above: PropertyKey[] = []): string {
  const [issue] = issues;
  const path = [...above, ...(issue?.path ?? [])];
  const branches = issue?.code === "invalid_union" ? issue.errors : [];
  const nearest = branches.find(([one]) => !isAnotherType(one)) ?? branches.at(-1);
  if (nearest?.length) return firstFlaw(nearest, path);
  return `${path.join(".") || "It"}: ${issue?.message}`;
}

/** Whether a branch is not meant at all: it is for values of another type. */
function isAnotherType(issue: Issue | undefined): boolean {
  return issue?.code === "invalid_type" && issue.path.length === 0;
}

export function badCoreConfig(source: string, why: string): ActionError {
  return new ActionError("bad-core-config", {
    what: `The core config in ${source} cannot be used.`,
    why,
    next: "Write it as `hyperlane core read` does; the README lists the modules and hooks known.",
  });
}
