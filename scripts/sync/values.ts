import { readFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "@playbook/action";
import { parse } from "yaml";

/** Of JSON Schema, what a chart's own uses. */
type Schema = {
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
};

type Value = { path: string; description: string; fallback: unknown };

/** The values of a chart as a README's table. Throws when its schema and values.yaml disagree. */
export function valueTable(chart: string): string {
  const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8")) as Schema;
  const defaults = parse(readFileSync(join(chart, "values.yaml"), "utf8"));
  return table(
    ["Value", "What it is", "Default"],
    valuesOf(schema, defaults).map(({ path, description, fallback }) => [
      `\`${path}\``,
      description,
      isNothing(fallback) ? "" : `\`${JSON.stringify(fallback).replace(/^"(.*)"$/, "$1")}\``,
    ]),
  );
}

/** Every value that somebody can set, by its path; what Helm itself puts in has no default. */
export function valuesOf(schema: Schema, defaults: unknown, at = ""): Value[] {
  if (!schema.properties) {
    if (!schema.description) throw new Error(`The schema does not say what ${at} is.`);
    return [
      { path: at, description: schema.description, fallback: defaults },
      ...eachOf(schema, at),
    ];
  }
  const given = isTable(defaults) ? defaults : {};
  const unknown = Object.keys(given).find((name) => !schema.properties?.[name]);
  if (unknown)
    throw new Error(`The schema does not know ${[at, unknown].filter(Boolean).join(".")}.`);
  return Object.entries(schema.properties).flatMap(([name, inner]) => {
    const path = at ? `${at}.${name}` : name;
    if (path === "global") return [];
    if (!(name in given)) throw new Error(`values.yaml has no default of ${path}.`);
    return valuesOf(inner, given[name], path);
  });
}

/** The fields of a list's items, as far as the schema says what they are. */
function eachOf({ items }: Schema, at: string): Value[] {
  return Object.entries(items?.properties ?? {}).flatMap(([name, { description }]) =>
    description ? [{ path: `${at}[].${name}`, description, fallback: "" }] : [],
  );
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is to be given, and what is left out. */
function isNothing(value: unknown): boolean {
  if (value === "" || value === 0) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
