import {
  type DefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type TypeNode,
} from "graphql";
import { z } from "zod";

type Field = {
  /** As GraphQL writes it: `[Transfer!]!`. */
  type: string;
  /** False for what another entity's field is the source of: it is in no `where` and no `orderBy`. */
  isStored: boolean;
};

/** What clients of a subgraph can ask for: graph-node makes filters and orders of the same. */
export type Shape = {
  /** Entities and interfaces, with their fields. */
  types: Map<string, Map<string, Field>>;
  /** Interfaces that an entity is one of, as `Entity Interface`. */
  memberships: Set<string>;
  enums: Map<string, Set<string>>;
};

/** What breaks somebody: where, in words that follow it. */
export type Change = { where: string; what: string };

/** Reads a `schema.graphql`. Throws what `graphql` says of one that it cannot read. */
export function shapeOfSource(source: string): Shape {
  const { definitions } = parse(source);
  const types = definitions.filter(isType).filter(({ name }) => name.value !== "_Schema_");
  const enums = definitions.filter((one) => one.kind === Kind.ENUM_TYPE_DEFINITION);
  return {
    types: new Map(
      types.map(({ name, fields = [] }) => [name.value, new Map(fields.map(fieldOf))]),
    ),
    memberships: new Set(
      types.flatMap(({ name, interfaces = [] }) =>
        interfaces.map((one) => `${name.value} ${one.name.value}`),
      ),
    ),
    enums: new Map(
      enums.map(({ name, values = [] }) => [
        name.value,
        new Set(values.map((value) => value.name.value)),
      ]),
    ),
  };
}

type Typed = Pick<ObjectTypeDefinitionNode, "name" | "fields" | "interfaces">;

function isType(definition: DefinitionNode): definition is DefinitionNode & Typed {
  const { kind } = definition;
  return kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_DEFINITION;
}

function fieldOf({ name, type, directives = [] }: NonNullable<Typed["fields"]>[number]) {
  const isStored = directives.every((directive) => directive.name.value !== "derivedFrom");
  return [name.value, { type: print(type as TypeNode), isStored }] as const;
}

/** Asks a live subgraph for its shape. */
export const SHAPE_QUERY = `{
  __schema {
    types {
      kind
      name
      fields { name type { ...Type } }
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

const answer = z.object({
  __schema: z.object({
    types: z.array(
      z.object({
        kind: z.string(),
        name: z.string(),
        fields: z.array(z.object({ name: z.string(), type: z.custom<LiveType>() })).nullish(),
        inputFields: named,
        enumValues: named,
        interfaces: named,
      }),
    ),
  }),
});

/** What graph-node adds to every subgraph's schema by itself. */
const OWN = /^(Query|Subscription|OrderDirection|Aggregation_\w+|_.*|.*_orderBy)$/;

/** Reads what a live subgraph answers to `SHAPE_QUERY`. Throws what zod says of another answer. */
export function shapeOfAnswer(data: unknown): Shape {
  const { types: all } = answer.parse(data).__schema;
  const inputs = new Map(all.map(({ name, inputFields }) => [name, inputFields ?? []]));
  const types = all.filter(
    ({ kind, name }) => ["OBJECT", "INTERFACE"].includes(kind) && !OWN.test(name),
  );
  const enums = all.filter(({ kind, name }) => kind === "ENUM" && !OWN.test(name));
  return {
    types: new Map(
      types.map(({ name, fields }) => {
        const filter = inputs.get(`${name}_filter`);
        const isStored = (field: string) => !filter || filter.some((one) => one.name === field);
        return [
          name,
          new Map(
            (fields ?? []).map((field) => [
              field.name,
              { type: text(field.type), isStored: isStored(field.name) },
            ]),
          ),
        ];
      }),
    ),
    memberships: new Set(
      types.flatMap(({ name, interfaces }) =>
        (interfaces ?? []).map((one) => `${name} ${one.name}`),
      ),
    ),
    enums: new Map(
      enums.map(({ name, enumValues }) => [
        name,
        new Set((enumValues ?? []).map((one) => one.name)),
      ]),
    ),
  };
}

function text({ kind, name, ofType }: LiveType): string {
  if (!ofType) return name ?? "";
  return kind === "LIST" ? `[${text(ofType)}]` : `${text(ofType)}!`;
}

/** What clients of `live` ask for and `next` does not have any more, or has otherwise. */
export function breakingChanges(live: Shape, next: Shape): Change[] {
  return [
    ...[...live.types].flatMap(([name, fields]) => changesOf(name, fields, next.types.get(name))),
    ...[...live.memberships]
      .filter((one) => !next.memberships.has(one) && next.types.has(one.split(" ")[0] ?? ""))
      .map((one) => ({
        where: one.split(" ")[0] ?? "",
        what: `is no ${one.split(" ")[1]} any more`,
      })),
    ...[...live.enums].flatMap(([name, values]) =>
      changesOfEnum(name, values, next.enums.get(name)),
    ),
  ];
}

function changesOf(
  name: string,
  live: Map<string, Field>,
  next: Map<string, Field> | undefined,
): Change[] {
  if (!next) return [{ where: name, what: "is gone" }];
  return [...live].flatMap(([field, before]) => {
    const where = `${name}.${field}`;
    const after = next.get(field);
    if (!after) return [{ where, what: "is gone" }];
    if (!serves(before.type, after.type)) {
      return [{ where, what: `was ${before.type} and is ${after.type}` }];
    }
    const isLost = before.isStored && !after.isStored;
    return isLost ? [{ where, what: "is derived now: nobody can filter or order by it" }] : [];
  });
}

function changesOfEnum(name: string, live: Set<string>, next: Set<string> | undefined): Change[] {
  if (!next) return [{ where: name, what: "is gone" }];
  const gone = [...live].filter((value) => !next.has(value));
  return gone.map((value) => ({ where: `${name}.${value}`, what: "is gone" }));
}

/** Whether who expects one type can read another: the same, or one that is null less often. */
function serves(expected: string, given: string): boolean {
  if (expected.endsWith("!")) {
    return given.endsWith("!") && serves(expected.slice(0, -1), given.slice(0, -1));
  }
  if (given.endsWith("!")) return serves(expected, given.slice(0, -1));
  if (expected.startsWith("[") && given.startsWith("[")) {
    return serves(expected.slice(1, -1), given.slice(1, -1));
  }
  return expected === given;
}
