import {
  BreakingChangeType,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
} from "graphql";
import { apiSchema } from "./api.ts";
import type { Source } from "./source.ts";

/** What is otherwise: where, in words that follow it. */
export type Change = { where: string; what: string };

export type Changes = {
  /** Somebody who asks the live one gets an error, or what he does not expect. */
  breaking: Change[];
  /** Nobody gets an error; who relies on there being no more may be wrong. */
  dangerous: Change[];
  /** What breaks nobody. */
  harmless: Change[];
};

/**
 * What clients of `live` meet in `next`: both as graph-node makes schemas for clients of them, its
 * filters and orders included. Throws what `graphql` says of a source of which none can be made.
 */
export function changesBetween(live: Source, next: Source): Changes {
  const [before, after] = [apiSchema(live), apiSchema(next)];
  const breaking = findBreakingChanges(before, after).map(placed);
  const own = breaking.filter((one) => !isMade(one) && one.type !== "Query" && !isOfList(one));
  const known = new Set(own.flatMap(({ type, field }) => [type, `${type}.${field}`]));
  const made = [
    ...lostFilters(breaking.filter(isMade), live, known),
    ...lostQueries(
      breaking.filter(({ type }) => type === "Query"),
      live,
    ),
  ];
  return {
    breaking: [...own.map(told), ...made],
    dangerous: findDangerousChanges(before, after)
      .filter(({ type }) => RISKY.includes(type))
      .map(placed)
      .filter((one) => !isMade(one))
      .map(told),
    harmless: harmlessBetween(live, next, known),
  };
}

const RISKY: string[] = [
  DangerousChangeType.VALUE_ADDED_TO_ENUM,
  DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED,
];

/** A change with the place that graphql-js tells in its words only. */
type Placed = { kind: string; type: string; field?: string | undefined; what: string };

type Found = { type: string; description: string };

function placed({ type: kind, description }: Found): Placed {
  const words = description.replace(/\.$/, "");
  const [, value, of, enumeration] =
    /^(\w+) was (removed from|added to) enum type (\w+)$/.exec(words) ?? [];
  if (value && enumeration) {
    return {
      kind,
      type: enumeration,
      field: value,
      what: of === "added to" ? "is new" : "is gone",
    };
  }
  const [, added, implementer] =
    /^(\w+) added to interfaces implemented by (\w+)$/.exec(words) ?? [];
  if (added && implementer) return { kind, type: implementer, what: `is ${an(added)} now` };

  const [, type = "", field, rest = ""] = /^(\w+)(?:\.(\w+))? (.*)$/.exec(words) ?? [];
  return { kind, type, field, what: wordsOf(kind, rest) };
}

function wordsOf(kind: string, rest: string): string {
  const [, face] = /^no longer implements interface (\w+)$/.exec(rest) ?? [];
  if (face) return `is no ${face} any more`;
  const [, from, to] = /^changed (?:type )?from (\S+|an? .+) to (\S+|an? .+)$/.exec(rest) ?? [];
  if (from && to) return `was ${from} and is ${to}`;
  return kind.endsWith("_REMOVED") && rest === "was removed" ? "is gone" : rest;
}

function an(name: string): string {
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

function told({ type, field, what }: Placed): Change {
  return { where: field ? `${type}.${field}` : type, what };
}

/** Of the types that graph-node adds: filters, orders. */
function isMade({ type }: Placed): boolean {
  return /_(filter|orderBy)$/.test(type);
}

/**
 * Of a list's arguments, which are graph-node's: what has changed is the list, and that was said.
 */
function isOfList({ kind }: Placed): boolean {
  return OF_ARGUMENTS.includes(kind);
}

const OF_ARGUMENTS: string[] = [
  BreakingChangeType.ARG_REMOVED,
  BreakingChangeType.ARG_CHANGED_KIND,
];

/** What a field that is there can no longer be asked by. Of one that has changed, that is clear. */
function lostFilters(made: Placed[], { types }: Source, known: Set<string>): Change[] {
  const lost = new Map<string, string[]>();
  for (const { type: maker, field = "" } of made) {
    const type = types.get(maker.replace(/_(filter|orderBy)$/, ""));
    const owner = type?.fields
      .filter(({ name }) => field === name || field.startsWith(`${name}_`))
      .reduce((best, one) => (one.name.length > best.name.length ? one : best), NOBODY);
    if (!type || !owner?.name) continue;
    const inner = field.startsWith(`${owner.name}__`) ? field.slice(owner.name.length + 2) : "";
    const causes = [
      type.name,
      `${type.name}.${owner.name}`,
      owner.named,
      `${owner.named}.${inner}`,
    ];
    if (causes.some((cause) => known.has(cause))) continue;
    const where = `${type.name}.${owner.name}`;
    lost.set(where, [...(lost.get(where) ?? []), field]);
  }
  return [...lost].map(([where, fields]) => ({
    where,
    what:
      "nobody can filter or order by " +
      `${fields.slice(0, SHOWN).join(", ")}${fields.length > SHOWN ? ", …" : ""}`,
  }));
}

const SHOWN = 3;
const NOBODY = { name: "", named: "" };

/** Searches; what else is gone of the queries is gone with its type. */
function lostQueries(changes: Placed[], { searches }: Source): Change[] {
  return changes.filter(({ field }) => searches.some(({ name }) => name === field)).map(told);
}

function harmlessBetween(live: Source, next: Source, known: Set<string>): Change[] {
  const enums = [...next.enums.keys()].filter((name) => !live.enums.has(name));
  const searches = next.searches.filter(
    ({ name }) => !live.searches.some((one) => one.name === name),
  );
  return [
    ...[...next.types.values()].flatMap(({ name, fields }) => {
      const before = live.types.get(name);
      if (!before) return [{ where: name, what: "is new" }];
      return fields.flatMap((field) => {
        const where = `${name}.${field.name}`;
        const was = before.fields.find((one) => one.name === field.name);
        if (!was) return [{ where, what: "is new" }];
        if (was.type === field.type || known.has(where)) return [];
        return [{ where, what: `was ${was.type} and is ${field.type}` }];
      });
    }),
    ...[...enums, ...searches.map(({ name }) => `Query.${name}`)].map((where) => ({
      where,
      what: "is new",
    })),
  ];
}
