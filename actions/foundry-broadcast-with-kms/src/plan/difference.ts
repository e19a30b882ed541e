import type { Written } from "./written.ts";

/** Lines shown of one file; a person who needs more has the file itself. */
const SHOWN = 20;

/**
 * What changes in a file, in the form of a diff: by key for JSON, by line for other text, by size
 * for anything else.
 */
export function difference({ path, before, after }: Written): string[] {
  const [old, now] = [before?.toString(), after.toString()];
  if (now.includes("\0")) return [`! ${after.length} bytes`];

  const lines = path.endsWith(".json") ? jsonLines(old, now) : undefined;
  const all = lines ?? textLines(old ?? "", now);
  const left = all.length - SHOWN;
  return left > 0 ? [...all.slice(0, SHOWN), `! and ${left} more`] : all;
}

function jsonLines(old: string | undefined, now: string): string[] | undefined {
  try {
    const before = old === undefined ? new Map() : flat(JSON.parse(old));
    const after = flat(JSON.parse(now));
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
      const [a, b] = [before.get(key), after.get(key)];
      if (a === b) return [];
      return [
        ...(a === undefined ? [] : [`- ${key}: ${a}`]),
        ...(b === undefined ? [] : [`+ ${key}: ${b}`]),
      ];
    });
  } catch {
    return undefined;
  }
}

/** `a.b[0]` to value, for every value that has no inner ones. */
function flat(value: unknown, path = ""): Map<string, string> {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    return new Map([[path || "(all)", JSON.stringify(value)]]);
  }
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const step = Array.isArray(value) ? `[${key}]` : path ? `.${key}` : key;
    return [...flat(inner, path + step)];
  });
  return new Map(entries);
}

function textLines(old: string, now: string): string[] {
  const [before, after] = [old.split("\n"), now.split("\n")];
  const gone = before.filter((line) => line !== "" && !after.includes(line));
  const come = after.filter((line) => line !== "" && !before.includes(line));
  return [...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)];
}
