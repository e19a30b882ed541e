import type { Description, Schema } from "./description.ts";

/**
 * A reply with everything in it that GitHub's description requires: what the world does not keep
 * has the description's own example, or the emptiest value of its type.
 */
export function complete(value: unknown, schema: Schema, { resolve }: Description): unknown {
  const fill = (given: unknown, within: Schema): unknown => {
    const chosen = choose(given, within, resolve);
    if (given === null) return null;
    if (Array.isArray(given)) return given.map((item) => fill(item, chosen.items ?? {}));
    if (given !== undefined && typeof given !== "object") return given;
    if (given === undefined && !isObject(chosen)) return sample(chosen);

    const filled: Record<string, unknown> = { ...(given as object | undefined) };
    for (const [name, property] of Object.entries(chosen.properties ?? {})) {
      const required = (chosen.required ?? []).includes(name);
      if (filled[name] === undefined && !required) delete filled[name];
      else filled[name] = fill(filled[name], property);
    }
    return filled;
  };
  return fill(value, schema);
}

/** Follows references, and of alternatives takes the one that fits best. */
function choose(given: unknown, schema: Schema, resolve: Description["resolve"]): Schema {
  const here = resolve(schema) ?? {};
  if (here.allOf) {
    const parts = here.allOf.map((part: Schema) => choose(given, part, resolve));
    return {
      ...parts[0],
      properties: Object.assign({}, ...parts.map((part: Schema) => part.properties)),
      required: parts.flatMap((part: Schema) => part.required ?? []),
    };
  }
  const alternatives: Schema[] | undefined = here.anyOf ?? here.oneOf;
  if (!alternatives) return here;
  if (given === undefined && alternatives.some((one) => one.type === "null")) {
    return { type: "null" };
  }
  const [first = {}] = alternatives.filter((one) => one.type !== "null");
  return choose(given, first, resolve);
}

function isObject({ type, properties }: Schema): boolean {
  return (type === "object" || type === undefined) && properties !== undefined;
}

function sample(schema: Schema): unknown {
  const types = [schema.type].flat();
  if (types.includes("null")) return null;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.example !== undefined) return schema.example;
  switch (types[0]) {
    case "array":
      return [];
    case "boolean":
      return false;
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    case "object":
      return {};
  }
  return schema.format === "date-time" ? new Date(0).toISOString() : "";
}
