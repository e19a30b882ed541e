import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";
import { ActionError } from "./error.ts";

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type Camelized<Values> = { [Name in keyof Values as Camel<Name & string>]: Values[Name] };

export type Environment = Record<string, string | undefined>;

/**
 * Reads an action's inputs, declared under their names in action.yml, into an object with the same
 * names in camel case. An empty input counts as absent. The returned function throws `bad-input`,
 * which names each input that is wrong, or was misspelt and which one was meant.
 */
export function parseInputs<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): (env?: Environment) => Camelized<z.output<z.ZodObject<Shape>>> {
  return (env = process.env) => {
    const names = Object.keys(schema.shape);
    const given = Object.fromEntries(
      names.map((name) => [name, env[variable(name)]?.trim() || undefined]),
    );

    const problems = misspelt(names, env);
    const parsed = schema.safeParse(given);
    if (!parsed.success) problems.push(...parsed.error.issues.map(describe));
    if (problems.length > 0 || !parsed.success) throw badInput(problems);

    const entries = Object.entries(parsed.data).map(([name, value]) => [camel(name), value]);
    return Object.fromEntries(entries);
  };
}

/** The environment variable in which the runner hands over an input. */
export function variable(name: string): string {
  return `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`;
}

function camel(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Inputs that the runner passed on (it only warns of them) although the action has none such. */
function misspelt(names: string[], env: Environment): string[] {
  const known = new Set(names.map(variable));
  const strangers = Object.keys(env).filter((key) => key.startsWith("INPUT_") && !known.has(key));

  return strangers.map((key) => {
    const name = key.slice("INPUT_".length).toLowerCase();
    const meant = closest(name, names);
    const near = distance(name, meant) <= Math.max(2, meant.length / 3);
    return near ? `"${name}" is no input; did you mean "${meant}"?` : `"${name}" is no input.`;
  });
}

function describe(issue: z.core.$ZodIssue): string {
  const name = issue.path.join(".");
  const absent = issue.code === "invalid_type" && issue.input === undefined;
  return absent && issue.message.includes("undefined")
    ? `"${name}" is missing.`
    : `"${name}": ${issue.message}`;
}

function badInput(problems: string[]): ActionError {
  return new ActionError("bad-input", {
    what: problems.join(" "),
    why: "Nothing was done: all inputs are read before anything starts.",
    next: "Correct the inputs; the action's README lists them.",
  });
}

/** Throws `bad-input` for an input that this mode cannot do without. */
export function need<Value>(value: Value | undefined, name: string, mode: string): Value {
  const absent = value === undefined || (Array.isArray(value) && value.length === 0);
  if (!absent) return value;
  throw new ActionError("bad-input", {
    what: `"${name}" is missing.`,
    why: `\`mode: ${mode}\` cannot do without it.`,
    next: "Add it; the action's README says what it is.",
  });
}

/** `90s`, `15m`, `5h30m`, `250ms` as milliseconds. */
export const duration = z.string().transform((text, context) => {
  const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  if (!/^(\d+(ms|s|m|h))+$/.test(text)) {
    context.addIssue(`"${text}" is no duration; write for example 90s, 15m or 5h30m.`);
    return z.NEVER;
  }
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * units[unit as keyof typeof units], 0);
});

/** `true` or `false`, as YAML writes them. */
export const flag = z
  .enum(["true", "false"], { error: "must be true or false." })
  .transform((text) => text === "true");

/** From 0 on. */
export const wholeNumber = z.string().regex(/^\d+$/, "must be a whole number.").transform(Number);

/** One item a line or between commas; blank lines and `# comments` do not count. */
export const list = z.string().transform((text) =>
  text
    .split(/[\n,]/)
    .map((item) => item.replace(/(^|\s)#.*$/, "").trim())
    .filter((item) => item !== ""),
);

/** One item a line, commas belonging to it. */
export const lines = z.string().transform((text) =>
  text
    .split("\n")
    .map((item) => item.replace(/(^|\s)#.*$/, "").trim())
    .filter((item) => item !== ""),
);
