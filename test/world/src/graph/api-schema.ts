import type { EntitySchema, EntityType, Field } from "./schema.ts";

/** What graph-node has beside a subgraph's own types. */
const COMMON = `
scalar BigInt
scalar BigDecimal
scalar Bytes
scalar Int8
scalar Timestamp
enum OrderDirection { asc desc }
enum _SubgraphErrorPolicy_ { allow deny }
input Block_height { hash: Bytes, number: Int, number_gte: Int }
type _Block_ { hash: Bytes, number: Int!, timestamp: Int, parentHash: Bytes }
type _Meta_ { block: _Block_!, deployment: String!, hasIndexingErrors: Boolean! }
`;

/** What a filter can ask of a field, by the end of its name. */
export const comparisons = [
  "not",
  "gt",
  "gte",
  "lt",
  "lte",
  "in",
  "not_in",
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
] as const;

const LISTS = ["in", "not_in"];
const AT = "block: Block_height, subgraphError: _SubgraphErrorPolicy_! = deny";

/** The schema that a subgraph is queried by, made from its own. */
export function apiSchema({ types, enums }: EntitySchema): string {
  const all = [...types.values()];
  const queries = all.flatMap((type) => [
    `${singular(type.name)}(id: ID!, ${AT}): ${type.name}`,
    `${plural(type.name)}(${selection(type.name)}, ${AT}): [${type.name}!]!`,
  ]);
  queries.push("_meta(block: Block_height): _Meta_");
  const query = `type Query {\n${queries.join("\n")}\n}`;
  return [COMMON, enums, ...all.map((type) => typeText(type, types)), query].join("\n");
}

/** The query field of one entity: `transfer` for the type Transfer. */
export function singular(type: string): string {
  return type.charAt(0).toLowerCase() + type.slice(1);
}

/** The query field of many: `transfers`, `deliveries`. */
export function plural(type: string): string {
  const name = singular(type);
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  if (/(x|ch|sh|ss|status|alias)$/.test(name)) return `${name}es`;
  // Where the plural is no other word, graph-node says it otherwise.
  return name.endsWith("s") ? `${name}_collection` : `${name}s`;
}

function typeText({ name, fields }: EntityType, types: EntitySchema["types"]): string {
  const own = fields.map((field) => {
    const many = field.isList && types.has(field.named);
    return `${field.name}${many ? `(${selection(field.named)})` : ""}: ${field.type}`;
  });
  const filters = fields
    .filter(({ derivedFrom }) => !derivedFrom)
    .flatMap((field) => {
      const type = filterType(field, types);
      return [`${field.name}: ${type}`, ...comparisons.map((how) => comparison(field, how, type))];
    });
  return `
type ${name} {\n${own.join("\n")}\n}
enum ${name}_orderBy {\n${fields.map((field) => field.name).join("\n")}\n}
input ${name}_filter {\n${filters.join("\n")}\nand: [${name}_filter]\nor: [${name}_filter]\n}`;
}

function comparison({ name }: Field, how: string, type: string): string {
  return `${name}_${how}: ${LISTS.includes(how) ? `[${type.replace(/^\[|!?\]$/g, "")}!]` : type}`;
}

function filterType({ named, isList }: Field, types: EntitySchema["types"]): string {
  const type = types.has(named) ? "String" : named;
  return isList ? `[${type}!]` : type;
}

function selection(type: string): string {
  const order = `orderBy: ${type}_orderBy, orderDirection: OrderDirection`;
  return `skip: Int = 0, first: Int = 100, ${order}, where: ${type}_filter`;
}
