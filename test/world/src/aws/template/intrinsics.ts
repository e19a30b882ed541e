/** What a template's expressions can refer to. */
export type Scope = {
  /** Parameters and pseudo parameters by name. */
  values: Record<string, string | string[]>;
  conditions: Record<string, boolean>;
  resources: Record<string, Made>;
};

/** A resource that was made: what `Ref` gives, and what `Fn::GetAtt` does. */
export type Made = { type: string; id: string; attributes: Record<string, string> };

/** The value of `AWS::NoValue`: whatever holds it is left out. */
const NOTHING = Symbol("AWS::NoValue");

/** The value of an expression, all intrinsic functions in it carried out. */
export function resolve(expression: unknown, scope: Scope): unknown {
  if (Array.isArray(expression)) {
    return expression.map((it) => resolve(it, scope)).filter((it) => it !== NOTHING);
  }
  if (typeof expression !== "object" || expression === null) return expression;

  const call = intrinsic(expression);
  if (call) return evaluate(call.name, call.argument, scope);
  const members = Object.entries(expression).map(([key, value]) => [key, resolve(value, scope)]);
  return Object.fromEntries(members.filter(([, value]) => value !== NOTHING));
}

/** The value of a condition's expression. */
export function holds(expression: unknown, scope: Scope): boolean {
  const value = resolve(expression, scope);
  if (typeof value !== "boolean") throw new Error(`${JSON.stringify(expression)} is no condition`);
  return value;
}

/** The names that an expression refers to, resources and others. */
export function references(expression: unknown): string[] {
  if (Array.isArray(expression)) return expression.flatMap(references);
  if (typeof expression !== "object" || expression === null) return [];
  const call = intrinsic(expression);
  if (call?.name === "Ref") return [String(call.argument)];
  if (call?.name === "Fn::GetAtt") return [String([call.argument].flat()[0])];
  if (call?.name === "Fn::Sub") {
    const [text] = [call.argument].flat() as [string];
    const named = [...text.matchAll(VARIABLE)].map(([, name = ""]) => name.split(".")[0] ?? "");
    return [...named, ...Object.values(expression).flatMap(references)];
  }
  return Object.values(expression).flatMap(references);
}

/** `${Name}` and `${Name.Attribute}`, but not `${!Literal}`. */
const VARIABLE = /\$\{([^!}][^}]*)\}/g;

function intrinsic(value: object): { name: string; argument: unknown } | undefined {
  const [only, ...others] = Object.entries(value);
  if (!only || others.length > 0) return undefined;
  const [name, argument] = only;
  const isCall = name === "Ref" || name.startsWith("Fn::") || isConditionName(name, argument);
  return isCall ? { name, argument } : undefined;
}

/** `{ Condition: Name }` calls a condition; a policy statement's `Condition` holds an object. */
function isConditionName(name: string, argument: unknown): boolean {
  return name === "Condition" && typeof argument === "string";
}

function evaluate(name: string, argument: unknown, scope: Scope): unknown {
  const carryOut = functions[name];
  if (!carryOut) throw new Error(`${name} is an intrinsic function that this world does not know`);
  return carryOut(argument, scope);
}

const functions: Record<string, (argument: unknown, scope: Scope) => unknown> = {
  Ref: (name, scope) => meant(String(name), scope),
  Condition: (name, scope) => condition(String(name), scope),
  "Fn::GetAtt": (argument, scope) => attribute(argument, scope),
  "Fn::Sub": (argument, scope) => substitute(argument, scope),
  "Fn::Join": (argument, scope) => {
    const [separator, parts] = resolve(argument, scope) as [string, string[]];
    if (!Array.isArray(parts)) throw new Error("Fn::Join joins a list");
    return parts.join(separator);
  },
  "Fn::Split": (argument, scope) => {
    const [separator, text] = resolve(argument, scope) as [string, string];
    return text.split(separator);
  },
  "Fn::Select": (argument, scope) => {
    const [index, list] = resolve(argument, scope) as [number | string, unknown[]];
    const found = list[Number(index)];
    if (found === undefined) throw new Error(`Fn::Select finds nothing at ${index}`);
    return found;
  },
  "Fn::If": (argument, scope) => {
    const [name, yes, no] = argument as [string, unknown, unknown];
    return resolve(condition(name, scope) ? yes : no, scope);
  },
  "Fn::Equals": (argument, scope) => {
    const [left, right] = resolve(argument, scope) as [unknown, unknown];
    return String(left) === String(right);
  },
  "Fn::And": (argument, scope) => (argument as unknown[]).every((it) => holds(it, scope)),
  "Fn::Or": (argument, scope) => (argument as unknown[]).some((it) => holds(it, scope)),
  "Fn::Not": (argument, scope) => !holds((argument as unknown[])[0], scope),
};

function meant(name: string, scope: Scope): unknown {
  if (name === "AWS::NoValue") return NOTHING;
  const value = scope.values[name] ?? scope.resources[name]?.id;
  if (value === undefined) throw new Error(`${name} is neither a parameter nor a resource`);
  return value;
}

function condition(name: string, scope: Scope): boolean {
  const value = scope.conditions[name];
  if (value === undefined) throw new Error(`there is no condition ${name}`);
  return value;
}

function attribute(argument: unknown, { resources }: Scope): string {
  const [name = "", ...path] = [argument].flat().join(".").split(".");
  const value = resources[name]?.attributes[path.join(".")];
  if (value === undefined) throw new Error(`there is no attribute ${name}.${path.join(".")}`);
  return value;
}

function substitute(argument: unknown, scope: Scope): string {
  const [text, own = {}] = [argument].flat() as [string, Record<string, unknown>?];
  const variables = resolve(own, scope) as Record<string, unknown>;
  return text
    .replace(VARIABLE, (_, name: string) => {
      const value =
        variables[name] ?? (name.includes(".") ? attribute(name, scope) : meant(name, scope));
      if (typeof value !== "string" && typeof value !== "number") {
        throw new Error(`Fn::Sub puts ${name} into a text, which is no text`);
      }
      return String(value);
    })
    .replaceAll("${!", "${");
}
