import type { Declared, Part, Surface } from "./surface.ts";

/** One thing that users rely on and that is otherwise than before. */
export type Change = {
  area:
    | "Actions and workflows"
    | "Inputs"
    | "Outputs"
    | "Permissions"
    | "Secrets"
    | "Stored formats";
  /** `action comment-plan: the input \`run-id\` is gone` */
  what: string;
  /** Whether what worked before may not work any more. */
  breaking: boolean;
};

/** Changes as a list, a line each. */
export function changeList(changes: Change[]): string {
  const lines = changes.map(({ area, what, breaking }) => {
    return `- ${breaking ? "breaking" : "new"}: ${area.toLowerCase()}: ${what}`;
  });
  return lines.join("\n");
}

/** What has changed between two releases, of all that a version's number is promised for. */
export function changesBetween(before: Surface, after: Surface): Change[] {
  const parts = union(before.parts, after.parts).flatMap((name) =>
    partChanges(name, before.parts[name], after.parts[name]),
  );
  const formats = union(before.formats, after.formats).flatMap((name) =>
    formatChanges(name, before.formats[name], after.formats[name]),
  );
  return [...parts, ...formats];
}

function partChanges(name: string, before: Part | undefined, after: Part | undefined): Change[] {
  const area = "Actions and workflows";
  if (!before) return [{ area, what: `${name} is new`, breaking: false }];
  if (!after) return [{ area, what: `${name} is gone`, breaking: true }];

  const changes = [
    ...permissionChanges(before.permissions, after.permissions),
    ...declaredChanges("Inputs", "input", before.inputs, after.inputs),
    ...declaredChanges("Secrets", "secret", before.secrets, after.secrets),
    ...outputChanges(before.outputs, after.outputs),
  ];
  return changes.map((change) => ({ ...change, what: `${name}: ${change.what}` }));
}

function permissionChanges(before: string[], after: string[]): Change[] {
  const had = new Set(before.flatMap((one) => [one, one.replace(": write`", ": read`")]));
  const added = after.filter((one) => !had.has(one));
  const dropped = before.filter((one) => !after.includes(one));
  return [
    ...added.map((one) => change("Permissions", `it needs ${one}`, true)),
    ...dropped.map((one) => change("Permissions", `it needs no more ${one}`, false)),
  ];
}

function declaredChanges(
  area: Change["area"],
  kind: string,
  before: Record<string, Declared>,
  after: Record<string, Declared>,
): Change[] {
  return union(before, after).flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    const it = `the ${kind} \`${name}\``;
    if (!is) return [change(area, `${it} is gone`, true)];
    if (!was) {
      const words = isDemanded(is) ? "is new and has to be given" : "is new";
      return [change(area, `${it} ${words}`, isDemanded(is))];
    }
    return differences(was, is).map(([words, breaking]) =>
      change(area, `${it} ${words}`, breaking),
    );
  });
}

function differences(was: Declared, is: Declared): [words: string, breaking: boolean][] {
  const found: [string, boolean][] = [];
  if (was.type !== is.type) found.push([`is a ${is.type}, and was a ${was.type}`, true]);
  if (!isDemanded(was) && isDemanded(is)) found.push(["has to be given", true]);
  if (isDemanded(was) && !isDemanded(is)) found.push(["may be left out", false]);
  if (!isDemanded(was) && !isDemanded(is) && absent(was) !== absent(is)) {
    found.push([`is \`${absent(is)}\` when it is left out, and was \`${absent(was)}\``, true]);
  }
  return found;
}

function isDemanded(declared: Declared): boolean {
  return declared.required && declared.default === undefined;
}

/** What an action is given when its caller says nothing. */
function absent(declared: Declared): string {
  return String(declared.default ?? "");
}

function outputChanges(before: string[], after: string[]): Change[] {
  const gone = before.filter((name) => !after.includes(name));
  const added = after.filter((name) => !before.includes(name));
  return [
    ...gone.map((name) => change("Outputs", `the output \`${name}\` is gone`, true)),
    ...added.map((name) => change("Outputs", `the output \`${name}\` is new`, false)),
  ];
}

function formatChanges(name: string, was: number | undefined, is: number | undefined): Change[] {
  const area = "Stored formats";
  if (was === undefined) return [change(area, `\`${name}\` is new`, false)];
  if (is === undefined) return [change(area, `\`${name}\` is written no more`, true)];
  return was === is ? [] : [change(area, `\`${name}\` has version ${is}, and had ${was}`, true)];
}

function change(area: Change["area"], what: string, breaking: boolean): Change {
  return { area, what, breaking };
}

function union(one: object, other: object): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}
