import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { tool } from "../../../../scripts/tools.ts";

/** A part of GitHub's published OpenAPI description, in the dialect of JSON Schema. */
// biome-ignore lint/suspicious/noExplicitAny: a schema is whatever was published
export type Schema = any;

export type Operation = {
  /** The page of GitHub's documentation about it. */
  docs: string;
  parameters: { name: string; in: string; required: boolean; schema: Schema }[];
  /** What is wrong with a request's body. */
  body?: (value: unknown) => string | undefined;
  /** By status: the schema of the reply and what is wrong with one. Null where there is no body. */
  replies: Record<string, { schema: Schema; wrong: (value: unknown) => string | undefined } | null>;
};

export type Description = {
  /** An operation by its method and path template; one that GitHub does not have is an error. */
  operation(method: string, path: string): Operation;
  /** A schema behind a `$ref`. */
  resolve(schema: Schema): Schema;
};

const JSON_TYPE = "application/json";

/**
 * GitHub's own description of its REST API, as far as these paths go. What they need of its 13 MB
 * is cut out once and kept beside it.
 */
export async function describeGithub(paths: string[]): Promise<Description> {
  const whole = await tool("github-api");
  const document = readSubset(whole, paths);
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, "github");

  const resolve = (schema: Schema): Schema => (schema?.$ref ? at(document, schema.$ref) : schema);
  const checker = (pointer: string) => {
    let validate: ValidateFunction | undefined;
    return (value: unknown) => {
      validate ??= ajv.getSchema(`github${pointer}`);
      if (!validate) throw new Error(`no schema at ${pointer}`);
      return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: "" });
    };
  };
  const operation = (method: string, path: string) => {
    const found = document.paths[path]?.[method.toLowerCase()];
    if (!found) throw new Error(`GitHub has no ${method} ${path}`);
    return operationOf(found, pointer("paths", path, method.toLowerCase()), { resolve, checker });
  };
  return { operation, resolve };
}

type Reading = {
  resolve: Description["resolve"];
  checker: (pointer: string) => (value: unknown) => string | undefined;
};

function operationOf(found: Schema, here: string, { resolve, checker }: Reading): Operation {
  const replies = Object.entries<Schema>(found.responses).map(([status, reply]) => {
    const ref = reply.$ref as string | undefined;
    const schema = resolve(reply).content?.[JSON_TYPE]?.schema;
    const place = `${ref ?? here + pointer("responses", status).slice(1)}`;
    const wrong = checker(place + pointer("content", JSON_TYPE, "schema").slice(1));
    return [status, schema ? { schema, wrong } : null] as const;
  });
  const hasBody = found.requestBody?.content?.[JSON_TYPE];
  const body = here + pointer("requestBody", "content", JSON_TYPE, "schema").slice(1);
  return {
    docs: found.externalDocs?.url ?? "https://docs.github.com/rest",
    parameters: (found.parameters ?? []).map(resolve),
    ...(hasBody && { body: checker(body) }),
    replies: Object.fromEntries(replies),
  };
}

/** A JSON pointer as the fragment of a URL. */
function pointer(...names: string[]): string {
  const escaped = names.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1"));
  return `#/${escaped.map(encodeURIComponent).join("/")}`;
}

function at(document: Schema, ref: string): Schema {
  const names = ref.slice(2).split("/").map(decodeURIComponent);
  return names.reduce((node, name) => {
    return node?.[name.replaceAll("~1", "/").replaceAll("~0", "~")];
  }, document);
}

function readSubset(whole: string, paths: string[]): Schema {
  const kept = join(dirname(whole), "subset.json");
  const known = read(kept);
  if (known && paths.every((path) => path in known.paths)) return known;

  const subset = cut(read(whole), paths);
  // Others may read it at this moment: it appears whole.
  const staged = `${kept}.${process.pid}`;
  writeFileSync(staged, JSON.stringify(subset));
  renameSync(staged, kept);
  return subset;
}

function read(path: string): Schema {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** The paths, and every component that they lead to. */
function cut(whole: Schema, paths: string[]): Schema {
  const subset: Schema = { paths: {}, components: {} };
  const seen = new Set<string>();
  const keep = (node: Schema): Schema => {
    if (Array.isArray(node)) return node.map(keep);
    if (typeof node !== "object" || node === null) return node;
    if (typeof node.$ref === "string") keepComponent(node.$ref);
    const { examples: _, ...rest } = node;
    return nullable(Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, keep(v)])));
  };
  const keepComponent = (ref: string) => {
    if (seen.has(ref)) return;
    seen.add(ref);
    const [, components, kind = "", name = ""] = ref.split("/");
    if (components !== "components") throw new Error(`unexpected reference ${ref}`);
    subset.components[kind] ??= {};
    subset.components[kind][name] = keep(at(whole, ref));
  };
  for (const path of paths) {
    if (!whole.paths[path]) throw new Error(`GitHub has no ${path}`);
    subset.paths[path] = keep(whole.paths[path]);
  }
  return subset;
}

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type of its own for null. */
function nullable({ nullable, ...schema }: Schema): Schema {
  if (nullable !== true) return nullable === undefined ? schema : { ...schema, nullable };
  if (typeof schema.type !== "string") return { anyOf: [{ type: "null" }, schema] };
  const values = schema.enum && { enum: [...schema.enum, null] };
  return { ...schema, type: [schema.type, "null"], ...values };
}
