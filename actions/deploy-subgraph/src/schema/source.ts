import {
  type ArgumentNode,
  type DefinitionNode,
  type DirectiveNode,
  type EnumTypeDefinitionNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type TypeNode,
} from "graphql";

export type Field = {
  name: string;
  /** As GraphQL writes it: `[Transfer!]!`. */
  type: string;
  /** Without list and `!`. */
  named: string;
  isList: boolean;
  /** Nothing is stored for it: another type's field says what it holds. */
  isDerived: boolean;
  /** Computed of a time series. */
  isAggregate: boolean;
};

export type Type = {
  name: string;
  kind: "entity" | "interface" | "aggregation";
  fields: Field[];
  interfaces: string[];
};

/** A search over fields of an entity, as a field of `Query`. */
export type Search = { name: string; entity: string };

/** What a `schema.graphql` declares. */
export type Source = { types: Map<string, Type>; enums: Map<string, string[]>; searches: Search[] };

/** Reads a `schema.graphql`. Throws what `graphql` says of one that it cannot read. */
export function readSource(text: string): Source {
  const { definitions } = parse(text);
  const types = definitions.filter(isType).filter(({ name }) => name.value !== SEARCHES);
  const enums = definitions.filter(
    (one): one is EnumTypeDefinitionNode => one.kind === Kind.ENUM_TYPE_DEFINITION,
  );
  return {
    types: new Map(types.map((type) => [type.name.value, typeOf(type)])),
    enums: new Map(
      enums.map(({ name, values = [] }) => [name.value, values.map((value) => value.name.value)]),
    ),
    searches: definitions.flatMap((one) => ("directives" in one ? searchesOf(one) : [])),
  };
}

/** graph-node's own type, on which searches are declared. */
const SEARCHES = "_Schema_";

type TypeDefinition = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

function isType(definition: DefinitionNode): definition is TypeDefinition {
  const { kind } = definition;
  return kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_DEFINITION;
}

function typeOf(type: TypeDefinition): Type {
  const kind = hasDirective(type, "aggregation") ? "aggregation" : "entity";
  return {
    name: type.name.value,
    kind: type.kind === Kind.INTERFACE_TYPE_DEFINITION ? "interface" : kind,
    fields: (type.fields ?? []).map(fieldOf),
    interfaces: (type.interfaces ?? []).map(({ name }) => name.value),
  };
}

function fieldOf(field: FieldDefinitionNode): Field {
  const type = print(field.type);
  return {
    name: field.name.value,
    type,
    named: namedType(field.type),
    isList: type.startsWith("["),
    isDerived: hasDirective(field, "derivedFrom"),
    isAggregate: hasDirective(field, "aggregate"),
  };
}

type Directed = { directives?: readonly DirectiveNode[] | undefined };

function hasDirective({ directives = [] }: Directed, name: string): boolean {
  return directives.some((directive) => directive.name.value === name);
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function searchesOf({ directives = [] }: Directed): Search[] {
  return directives
    .filter((directive) => directive.name.value === "fulltext")
    .map(({ arguments: given = [] }) => ({ name: textOf(given, "name"), entity: entityOf(given) }))
    .filter(({ name, entity }) => name !== "" && entity !== "");
}

function textOf(given: readonly ArgumentNode[], name: string): string {
  const value = given.find((one) => one.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : "";
}

/** `include: [{ entity: "Token", fields: […] }]`: there can be one. */
function entityOf(given: readonly ArgumentNode[]): string {
  const list = given.find((one) => one.name.value === "include")?.value;
  const [first] = list?.kind === Kind.LIST ? list.values : [];
  const fields = first?.kind === Kind.OBJECT ? first.fields : [];
  const value = fields.find(({ name }) => name.value === "entity")?.value;
  return value?.kind === Kind.STRING ? value.value : "";
}
