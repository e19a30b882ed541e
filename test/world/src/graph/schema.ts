import {
  type FieldDefinitionNode,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
} from "graphql";

export type Field = {
  name: string;
  /** As the schema writes it, `[Transfer!]!`. */
  type: string;
  /** Without list and `!`. */
  named: string;
  isList: boolean;
  isRequired: boolean;
  /** The field of the other type by which it points here: nothing is stored for such a field. */
  derivedFrom?: string;
};

export type EntityType = { name: string; fields: Field[] };

/** A subgraph's own schema: its entities, and its enums as they are written. */
export type EntitySchema = { types: ReadonlyMap<string, EntityType>; enums: string };

/** Reads a subgraph's `schema.graphql`. What the stand-in does not know is an error. */
export function readSchema(text: string): EntitySchema {
  const types = new Map<string, EntityType>();
  const enums: string[] = [];
  for (const definition of parse(text).definitions) {
    if (definition.kind === "EnumTypeDefinition") {
      enums.push(text.slice(definition.loc?.start, definition.loc?.end));
    } else if (definition.kind === "ObjectTypeDefinition") {
      types.set(definition.name.value, readType(definition));
    } else {
      throw new Error(`the stand-in for graph-node does not know ${definition.kind} in a schema`);
    }
  }
  return { types, enums: enums.join("\n") };
}

function readType({ name, fields, directives }: ObjectTypeDefinitionNode): EntityType {
  if (!directives?.some((directive) => directive.name.value === "entity")) {
    throw new Error(`schema validation failed: [EntityDirectivesMissing(["${name.value}"])]`);
  }
  return { name: name.value, fields: (fields ?? []).map(readField) };
}

function readField({ name, type, directives }: FieldDefinitionNode): Field {
  const derived = directives?.find((directive) => directive.name.value === "derivedFrom");
  const value = derived?.arguments?.[0]?.value;
  return {
    name: name.value,
    type: typeText(type),
    named: namedType(type),
    isList: typeText(type).startsWith("["),
    isRequired: type.kind === "NonNullType",
    derivedFrom: value?.kind === "StringValue" ? value.value : undefined,
  };
}

function typeText(type: TypeNode): string {
  if (type.kind === "NonNullType") return `${typeText(type.type)}!`;
  return type.kind === "ListType" ? `[${typeText(type.type)}]` : type.name.value;
}

function namedType(type: TypeNode): string {
  return type.kind === "NamedType" ? type.name.value : namedType(type.type);
}
