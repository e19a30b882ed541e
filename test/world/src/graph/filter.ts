import { comparisons } from "./api-schema.ts";
import { compared, parseDecimal } from "./decimal.ts";
import { type Entity, type Json, toJson, type Value } from "./value.ts";

export type Where = { [name: string]: unknown };

/** Whether an entity is what `where` asks for. */
export function matches(entity: Entity, where: Where): boolean {
  return Object.entries(where).every(([name, wanted]) => {
    if (name === "and") return (wanted as Where[]).every((each) => matches(entity, each));
    if (name === "or") return (wanted as Where[]).some((each) => matches(entity, each));
    const [field, how] = split(name, entity);
    return holds(entity[field], how, wanted);
  });
}

/** Negative when the first comes before the second. */
export function order(a: Value | undefined, b: Value | undefined): number {
  if (!a || !b) return (a ? 1 : 0) - (b ? 1 : 0);
  if (a.kind === "string" || a.kind === "bytes") {
    const [first, second] = [String(toJson(a)), String(toJson(b))];
    return first < second ? -1 : first > second ? 1 : 0;
  }
  return numeric(toJson(a), toJson(b));
}

/** A field's own name may end like a comparison: the longest that is a field is the field. */
function split(name: string, entity: Entity): [field: string, how: string] {
  if (name in entity) return [name, "is"];
  const how = [...comparisons]
    .sort((a, b) => b.length - a.length)
    .find((each) => name.endsWith(`_${each}`));
  return how ? [name.slice(0, -how.length - 1), how] : [name, "is"];
}

function holds(value: Value | undefined, how: string, wanted: unknown): boolean {
  const is = toJson(value);
  const want = wanted as Json;
  switch (how) {
    case "is":
      return equal(value, is, want);
    case "not":
      return !equal(value, is, want);
    case "in":
      return (want as Json[]).some((each) => equal(value, is, each));
    case "not_in":
      return !(want as Json[]).some((each) => equal(value, is, each));
    case "contains":
      return contains(is, want);
    case "not_contains":
      return !contains(is, want);
    case "starts_with":
      return String(is).startsWith(String(want));
    case "ends_with":
      return String(is).endsWith(String(want));
    default:
      return value !== undefined && inOrder(value, is, how, want);
  }
}

function equal(value: Value | undefined, is: Json, want: Json): boolean {
  if (is === null || want === null) return is === want;
  if (value?.kind === "bytes") return is === String(want).toLowerCase();
  if (Array.isArray(is)) return JSON.stringify(is) === JSON.stringify(want);
  return value?.kind === "decimal" ? numeric(is, want) === 0 : String(is) === String(want);
}

function inOrder(value: Value, is: Json, how: string, want: Json): boolean {
  const text = value.kind === "string" || value.kind === "bytes";
  const difference = text
    ? String(is) < String(want)
      ? -1
      : is === want
        ? 0
        : 1
    : numeric(is, want);
  if (how === "gt") return difference > 0;
  if (how === "gte") return difference >= 0;
  return how === "lt" ? difference < 0 : difference <= 0;
}

function contains(is: Json, want: Json): boolean {
  if (Array.isArray(is)) return (want as Json[]).every((each) => is.includes(each));
  return String(is).includes(String(want));
}

function numeric(a: Json, b: Json): number {
  return compared(
    parseDecimal(String(Number.isInteger(a) ? a : String(a))),
    parseDecimal(String(b)),
  );
}
