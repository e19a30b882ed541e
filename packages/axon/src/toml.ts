import { ActionError, reason } from "@playbook/action";
import { parse, type TomlTable } from "smol-toml";
import type { z } from "zod";

/**
 * What was read, and the fields in it that Axon passes over without a word: often misspelt ones.
 */
export type Read<Value> = { value: Value; ignored: string[] };

/** What is read: its name for errors, and the error's code. */
export type Subject = { name: string; code: string };

/** Reads a file as Axon's own struct would. Throws the subject's error with every path at fault. */
export function readToml<Shape extends z.ZodType>(
  written: string,
  shape: Shape,
  subject: Subject,
): Read<z.output<Shape>> {
  const table = parsed(written, subject);
  const result = shape.safeParse(table);
  if (!result.success) {
    const faults = result.error.issues.map((issue) => faultIn(table, issue));
    throw refused(subject, faults.join(" "));
  }
  return { value: result.data, ignored: ignoredIn(table, result.data) };
}

function faultIn(table: TomlTable, { path, message }: z.core.$ZodIssue): string {
  const at = pathOf(path);
  if (valueAt(table, path) !== undefined) return `${at} ${message}.`;
  return message.startsWith("has to") ? `${at} is missing; it ${message}.` : `${at} is missing.`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (isTable(found) ? found[`${String(key)}`] : undefined),
    value,
  );
}

function parsed(written: string, subject: Subject): TomlTable {
  try {
    return parse(written, { integersAsBigInt: true });
  } catch (error) {
    throw refused(subject, `It is no TOML: ${reason(error)}.`);
  }
}

function refused({ name, code }: Subject, why: string): ActionError {
  return new ActionError(code, {
    what: `Axon would not read ${name}.`,
    why,
    next: "Mend what is named; the other fields are as Axon wants them.",
  });
}

/** A path as people write it: `params.verifier_list[2].pub_key`. */
function pathOf(path: PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return parts.join("").replace(/^\./, "") || "The file";
}

function ignoredIn(table: unknown, value: unknown, at: PropertyKey[] = []): string[] {
  if (!isTable(table) || !isTable(value)) return [];
  return Object.keys(table).flatMap((key) => {
    const path = [...at, Array.isArray(table) ? Number(key) : key];
    return key in value ? ignoredIn(table[key], value[key], path) : [pathOf(path)];
  });
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
