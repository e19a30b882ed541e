/*
 * The schema that clients of a subgraph ask by, as graph-node makes it of the subgraph's own.
 * Protocol: graph-node 0.44, graph/src/schema/api.rs
 */
import { buildSchema, type GraphQLSchema } from "graphql";
import { queryNames } from "./plural.ts";
import type { Field, Source, Type } from "./source.ts";

const COMMON = `
scalar BigInt
scalar BigDecimal
scalar Bytes
scalar Int8
scalar Timestamp
enum OrderDirection { asc desc }
enum Aggregation_interval { hour day }
enum Aggregation_current { exclude include }
enum _SubgraphErrorPolicy_ { allow deny }
enum LogLevel { CRITICAL ERROR WARNING INFO DEBUG }
input BlockChangedFilter { number_gte: Int! }
input Block_height { hash: Bytes, number: Int, number_gte: Int }
type _Block_ { hash: Bytes, number: Int!, timestamp: Int, parentHash: Bytes }
type _Meta_ { block: _Block_!, deployment: String!, hasIndexingErrors: Boolean! }
type _LogArgument_ { key: String!, value: String! }
type _LogMeta_ { module: String!, line: Int!, column: Int! }
type _Log_ {
  id: String!, subgraphId: String!, timestamp: String!, level: LogLevel!, text: String!
  arguments: [_LogArgument_!]!, meta: _LogMeta_!
}`;

const META = `
_meta(block: Block_height): _Meta_
_logs(
  level: LogLevel, from: String, to: String, search: String, first: Int = 100, skip: Int = 0,
  orderDirection: OrderDirection = desc
): [_Log_!]!`;

const PAGE = "skip: Int = 0, first: Int = 100";
const AT = "block: Block_height, subgraphError: _SubgraphErrorPolicy_! = deny";

/** Throws what `graphql` says of a source of which no schema can be made. */
export function apiSchema(source: Source): GraphQLSchema {
  const types = [...source.types.values()];
  const enums = [...source.enums].map(([name, values]) => `enum ${name} { ${values.join(" ")} }`);
  const query = `type Query {\n${[...queryFields(source), META].join("\n")}\n}`;
  return buildSchema(
    [COMMON, ...enums, ...types.map((type) => typeText(type, source)), query].join("\n"),
  );
}

function queryFields({ types, searches }: Source): string[] {
  const fields = [...types.values()].flatMap((type) => {
    const { one, many } = queryNames(type.name);
    const all = `${many}(${selection(type)}, ${AT}): [${type.name}!]!`;
    return type.kind === "aggregation" ? [all] : [`${one}(id: ID!, ${AT}): ${type.name}`, all];
  });
  const found = searches.map(
    ({ name, entity }) =>
      `${name}(text: String!, ${PAGE}, where: ${entity}_filter, ${AT}): [${entity}!]!`,
  );
  return [...fields, ...found];
}

/** What every list of a type can be asked for by. */
function selection({ name, kind }: Type): string {
  const order = `orderBy: ${name}_orderBy, orderDirection: OrderDirection`;
  const buckets = "interval: Aggregation_interval!, current: Aggregation_current, ";
  return `${PAGE}, ${kind === "aggregation" ? buckets : ""}${order}, where: ${name}_filter`;
}

function typeText(type: Type, source: Source): string {
  const { name, fields, interfaces } = type;
  const own = fields.map((field) => {
    const listed = field.isList ? source.types.get(field.named) : undefined;
    return `${field.name}${listed ? `(${selection(listed)})` : ""}: ${field.type}`;
  });
  const implemented = interfaces.length > 0 ? ` implements ${interfaces.join(" & ")}` : "";
  const word = type.kind === "interface" ? "interface" : "type";
  const orders = fields.flatMap((field) => [field.name, ...ordersOf(field, source)]);
  const filters = fields.flatMap((field) => filtersOf(field, type, source));
  return `
${word} ${name}${implemented} {\n${own.join("\n")}\n}
enum ${name}_orderBy {\n${orders.join("\n")}\n}
input ${name}_filter {\n${filters.join("\n")}
_change_block: BlockChangedFilter, and: [${name}_filter], or: [${name}_filter]\n}`;
}

/** By the fields of what it points to, too, as far as those are single values. */
function ordersOf({ name, named, isList }: Field, { types }: Source): string[] {
  if (isList) return [];
  const inner = (types.get(named)?.fields ?? []).filter(
    (field) => !field.isList && !types.has(field.named),
  );
  return inner.map((field) => `${name}__${field.name}`);
}

const EQUAL = ["", "not"];
const ORDERED = [...EQUAL, "gt", "lt", "gte", "lte", "in", "not_in"];
const TEXTS = [
  "contains",
  "not_contains",
  "starts_with",
  "not_starts_with",
  "ends_with",
  "not_ends_with",
];

const COMPARISONS: Record<string, string[]> = {
  Boolean: [...EQUAL, "in", "not_in"],
  Bytes: [...ORDERED, "contains", "not_contains"],
  String: [...ORDERED, ...TEXTS, ...TEXTS.map((one) => `${one}_nocase`)],
  ...Object.fromEntries(
    ["ID", "BigInt", "BigDecimal", "Int", "Int8", "Timestamp"].map((name) => [name, ORDERED]),
  ),
};

const OF_BUCKETS = ["", "gt", "lt", "gte", "lte", "in"];

function filtersOf(field: Field, { kind }: Type, { types, enums }: Source): string[] {
  const { name, named, isList, isDerived, isAggregate } = field;
  if (isAggregate) return [];
  const target = types.get(named);
  const value = target ? idOf(target) : named;
  const inner = target ? [`${name}_: ${named}_filter`] : [];
  if (isDerived) return inner;
  return [...comparisons().map((how) => filter(how)), ...inner];

  function comparisons(): string[] {
    if (isList) return [...EQUAL, ...contained(value, target)];
    if (enums.has(named)) return [...EQUAL, "in", "not_in"];
    const known = COMPARISONS[value];
    return kind === "aggregation" ? (known === ORDERED ? OF_BUCKETS : [""]) : (known ?? EQUAL);
  }

  function filter(how: string): string {
    const isMany = isList || how === "in" || how === "not_in";
    return `${name}${how && `_${how}`}: ${isMany ? `[${value}!]` : value}`;
  }
}

/** What a list can be asked to contain, whatever the case where it is of texts. */
function contained(value: string, target: Type | undefined): string[] {
  const contains = ["contains", "not_contains"];
  const isText = target ? idType(target) !== "Bytes" && value === "String" : value === "String";
  return isText ? [...contains, ...contains.map((one) => `${one}_nocase`)] : contains;
}

/** What points to a type is compared with its id. */
function idOf(type: Type): string {
  return idType(type) === "Int8" ? "Int" : "String";
}

function idType({ fields }: Type): string | undefined {
  return fields.find(({ name }) => name === "id")?.named;
}
