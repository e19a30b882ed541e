import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, reason } from "@playbook/action";
import { parse } from "graphql";
import { z } from "zod";

const expectation = z.strictObject({
  variables: z.record(z.string(), z.unknown()).default({}),
  /** What the answer's `data` has to hold at least; without it, the query has to be answered. */
  data: z.unknown().optional(),
});

/** A query of the repository's own, and what is expected of its answer. */
export type Query = { name: string; text: string } & z.output<typeof expectation>;

/** Where an answer is not what was expected of it. */
export type Difference = { path: string; expected: unknown; found: unknown };

/**
 * Reads the queries of a folder, in order: `name.graphql`, and `name.json` beside it when more is
 * expected than an answer. None where there is no folder. Throws `bad-queries`.
 */
export async function readQueries(folder: string): Promise<Query[]> {
  const files = await readdir(folder).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const names = files.filter((file) => file.endsWith(".graphql")).sort();
  const stray = files.find((file) => file.endsWith(".json") && !names.includes(queryFile(file)));
  if (stray) throw bad(stray, `There is no ${queryFile(stray)} that it could be expected of.`);
  return Promise.all(names.map((file) => readQuery(folder, file, files)));
}

function queryFile(file: string): string {
  return file.replace(/\.json$/, ".graphql");
}

async function readQuery(folder: string, file: string, files: string[]): Promise<Query> {
  const name = file.replace(/\.graphql$/, "");
  const text = await readFile(join(folder, file), "utf8");
  judged(file, () => parse(text));
  const beside = `${name}.json`;
  if (!files.includes(beside)) return { name, text, variables: {} };
  const json = await readFile(join(folder, beside), "utf8");
  const expected = judged(beside, () => {
    const parsed = expectation.parse(JSON.parse(json));
    judgeWishes(parsed.data);
    return parsed;
  });
  return { name, text, ...expected };
}

function judged<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw bad(file, error instanceof z.ZodError ? z.prettifyError(error) : reason(error));
  }
}

function bad(file: string, why: string): ActionError {
  return new ActionError("bad-queries", {
    what: `The query or expectation ${file} cannot be read.`,
    why,
    next:
      "Correct it: `name.graphql` is one query, `name.json` beside it an object with `data`, " +
      "which is what the answer has to hold at least, and the query's `variables`.",
  });
}

/**
 * How an answer differs from what was expected of it. An object may hold more, a list has to be as
 * long; `{"$min": n}` is at least so much, or so many items, `{"$matches": "…"}` a text that the
 * expression finds, `{"$some": …}` a list with such an item, `{"$any": true}` whatever but null.
 */
export function differences(expected: unknown, found: unknown, path = "data"): Difference[] {
  const differs = [{ path, expected, found }];
  if (Array.isArray(expected)) {
    if (!Array.isArray(found) || found.length !== expected.length) return differs;
    return expected.flatMap((item, at) => differences(item, found[at], `${path}[${at}]`));
  }
  if (expected === null || typeof expected !== "object") return expected === found ? [] : differs;

  const wish = wishOf(expected);
  if (wish) return wish(found) ? [] : differs;
  if (found === null || typeof found !== "object" || Array.isArray(found)) return differs;
  return Object.entries(expected).flatMap(([key, value]) =>
    differences(value, (found as Record<string, unknown>)[key], `${path}.${key}`),
  );
}

const WISHES = ["$any", "$min", "$matches", "$some"];

/** Throws on a wish that nobody understands: it would never come true. */
function judgeWishes(expected: unknown): void {
  if (expected === null || typeof expected !== "object") return;
  for (const [key, value] of Object.entries(expected)) {
    if (key.startsWith("$") && !WISHES.includes(key)) {
      throw new Error(`There is no ${key}: it can be ${WISHES.join(", ")}.`);
    }
    if (key === "$matches") new RegExp(String(value));
    judgeWishes(value);
  }
}

type Wish = (found: unknown) => boolean;

/** What an object with one key that begins with a dollar asks for; undefined for any other. */
function wishOf(expected: object): Wish | undefined {
  const [[key, value] = [], ...others] = Object.entries(expected);
  if (others.length > 0) return undefined;
  switch (key) {
    case "$any":
      return (found) => found !== null && found !== undefined;
    case "$min":
      return (found) => isAtLeast(found, Number(value));
    case "$matches":
      return (found) => typeof found === "string" && new RegExp(String(value)).test(found);
    case "$some":
      return (found) =>
        Array.isArray(found) && found.some((item) => differences(value, item).length === 0);
    default:
      return undefined;
  }
}

function isAtLeast(found: unknown, least: number): boolean {
  if (Array.isArray(found)) return found.length >= least;
  return (typeof found === "string" || typeof found === "number") && Number(found) >= least;
}
