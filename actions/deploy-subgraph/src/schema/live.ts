import { z } from "zod";
import type { Field, Source, Type } from "./source.ts";

/** Asks a live subgraph for what it declares. */
export const SOURCE_QUERY = `{
  __schema {
    types {
      kind
      name
      fields { name args { name } type { ...Type } }
      inputFields { name }
      enumValues { name }
      interfaces { name }
    }
  }
}
fragment Type on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }
}`;

type LiveType = { kind: string; name?: string | null; ofType?: LiveType | null };

const named = z.array(z.object({ name: z.string() })).nullish();

const field = z.object({
  name: z.string(),
  args: z.array(z.object({ name: z.string() })).default([]),
  type: z.custom<LiveType>(),
});

const answer = z.object({
  __schema: z.object({
    types: z.array(
      z.object({
        kind: z.string(),
        name: z.string(),
        fields: z.array(field).nullish(),
        inputFields: named,
        enumValues: named,
        interfaces: named,
      }),
    ),
  }),
});

type Listed = z.output<typeof answer>["__schema"]["types"][number];

/** What graph-node adds to every subgraph's schema by itself. */
const OWN = /^(Query|Subscription|OrderDirection|LogLevel|Aggregation_\w+|_.*|.*_orderBy)$/;

/** Reads what a live subgraph answers to `SOURCE_QUERY`. Throws what zod says of another answer. */
export function sourceOfAnswer(data: unknown): Source {
  const { types: all } = answer.parse(data).__schema;
  const query = all.find(({ name }) => name === "Query")?.fields ?? [];
  const inputs = new Map(all.map(({ name, inputFields }) => [name, inputFields ?? []]));
  const types = all.filter(
    ({ kind, name }) => ["OBJECT", "INTERFACE"].includes(kind) && !OWN.test(name),
  );
  const enums = all.filter(({ kind, name }) => kind === "ENUM" && !OWN.test(name));
  return {
    types: new Map(types.map((type) => [type.name, typeOf(type, inputs, query)])),
    enums: new Map(
      enums.map(({ name, enumValues }) => [name, (enumValues ?? []).map((one) => one.name)]),
    ),
    searches: query
      .filter(({ args }) => args.some(({ name }) => name === "text"))
      .map(({ name, type }) => ({ name, entity: namedType(type) })),
  };
}

type Inputs = Map<string, { name: string }[]>;

function typeOf(
  { kind, name, fields, interfaces }: Listed,
  inputs: Inputs,
  query: z.output<typeof field>[],
): Type {
  const isAggregation = query.some(
    ({ type, args }) => namedType(type) === name && args.some((one) => one.name === "interval"),
  );
  const entity = isAggregation ? "aggregation" : "entity";
  const filter = inputs.get(`${name}_filter`);
  const isStored = (one: string) => !filter || filter.some((input) => input.name === one);
  return {
    name,
    kind: kind === "INTERFACE" ? "interface" : entity,
    fields: (fields ?? []).map((one) => fieldOf(one, isAggregation, isStored(one.name))),
    interfaces: (interfaces ?? []).map((one) => one.name),
  };
}

/** What is in no filter is derived; in a type that sums up a time series, it is computed. */
function fieldOf(
  { name, type }: z.output<typeof field>,
  isAggregation: boolean,
  isStored: boolean,
): Field {
  const text = textOf(type);
  return {
    ...{ name, type: text, named: namedType(type), isList: text.startsWith("[") },
    isDerived: !isAggregation && !isStored,
    isAggregate: isAggregation && !isStored,
  };
}

function textOf({ kind, name, ofType }: LiveType): string {
  if (!ofType) return name ?? "";
  return kind === "LIST" ? `[${textOf(ofType)}]` : `${textOf(ofType)}!`;
}

function namedType({ name, ofType }: LiveType): string {
  return ofType ? namedType(ofType) : (name ?? "");
}
