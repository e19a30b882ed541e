import { buildSchema, execute, type GraphQLSchema, parse, validate } from "graphql";
import { apiSchema, plural, singular } from "./api-schema.ts";
import { entityAt } from "./entities.ts";
import { matches, order, type Where } from "./filter.ts";
import { allOf, idOf, refersTo, type View } from "./related.ts";
import type { EntitySchema, Field } from "./schema.ts";
import type { Deployment } from "./state.ts";
import { type Entity, type Json, toJson } from "./value.ts";

export type Request = {
  query: string;
  variables?: Record<string, unknown>;
  operationName?: string;
};

export type Reply = { data?: unknown; errors?: { message: string }[] };

type At = { block?: { number?: number; number_gte?: number; hash?: string } };
type Selection = At & {
  first: number;
  skip: number;
  orderBy?: string;
  orderDirection?: "asc" | "desc";
  where?: Where;
};

const MOST = { first: 1_000, skip: 5_000 };

/** Made once for each schema: that takes its time. */
const schemas = new WeakMap<EntitySchema, GraphQLSchema>();

/** Answers a query from what a deployment has, as graph-node does. */
export async function answerQuery(
  deployment: Deployment,
  entitySchema: EntitySchema,
  { query, variables, operationName }: Request,
): Promise<Reply> {
  if (!deployment.latest) return refusal(notStarted(deployment));
  const schema = schemas.get(entitySchema) ?? buildSchema(apiSchema(entitySchema));
  schemas.set(entitySchema, schema);
  try {
    const document = parse(query);
    const invalid = validate(schema, document);
    if (invalid.length > 0) return { errors: invalid.map(({ message }) => ({ message })) };
    const blocks: number[] = [];
    const rootValue = rootOf(deployment, entitySchema, blocks);
    const operation = { variableValues: variables, operationName };
    const { data, errors } = await execute({ schema, document, rootValue, ...operation });
    if (errors) return { errors: errors.map(({ message }) => ({ message })) };
    return withIndexingErrors(deployment, blocks, data as Record<string, unknown>);
  } catch (error) {
    return refusal((error as Error).message);
  }
}

export function refusal(message: string): Reply {
  return { errors: [{ message }] };
}

function notStarted({ hash }: Deployment): string {
  const what = `Subgraph \`${hash}\` has not started syncing yet`;
  return `Store error: ${what}. Wait for it to ingest a few blocks before querying it`;
}

/** Data from a block with an error, or a later one, is withheld, but for what `_meta` says. */
function withIndexingErrors(
  deployment: Deployment,
  blocks: number[],
  data: Record<string, unknown>,
): Reply {
  const failed = blocks.some((block) => hasErrors(deployment, block));
  if (!failed || Object.keys(data).every((key) => key === "_meta")) return { data };
  const kept = "_meta" in data ? { data: { _meta: data._meta } } : {};
  return { ...kept, errors: [{ message: "indexing_error" }] };
}

function hasErrors({ failure }: Deployment, block: number): boolean {
  return failure?.deterministic === true && failure.block.number <= block;
}

function rootOf(deployment: Deployment, schema: EntitySchema, blocks: number[]) {
  const viewAt = (at: At): View => {
    const block = blockOf(deployment, at);
    blocks.push(block);
    return { entities: deployment.entities, schema, block };
  };
  const fields: Record<string, (args: never) => unknown> = {
    _meta: (args: At) => metaOf(deployment, viewAt(args).block, args),
  };
  for (const type of schema.types.keys()) {
    fields[singular(type)] = ({ id, ...at }: At & { id: string }) => {
      const view = viewAt(at);
      return shown(
        view,
        type,
        entityAt(view.entities, type, id.toLowerCase(), view.block) ??
          entityAt(view.entities, type, id, view.block),
      );
    };
    fields[plural(type)] = (asked: Selection) => {
      const view = viewAt(asked);
      return selected(view, type, allOf(view, type), asked);
    };
  }
  return fields;
}

function blockOf({ hash: id, latest, earliest }: Deployment, { block = {} }: At): number {
  const newest = latest?.number ?? 0;
  const { number, number_gte: least, hash } = block;
  if (hash !== undefined) throw new Error("the stand-in for graph-node knows no block by its hash");
  const wanted = number ?? least ?? newest;
  if (wanted > newest) {
    const what = `subgraph ${id} has only indexed up to block number ${newest}`;
    const why = `data for block number ${wanted} is therefore not yet available`;
    throw decodeFailure(least === undefined ? "number" : "number_gte", `${what} and ${why}`);
  }
  if (wanted < earliest) {
    const what = `subgraph ${id} only has data starting at block number ${earliest}`;
    const why = `data for block number ${wanted} is therefore not available`;
    throw decodeFailure("number", `${what} and ${why}`);
  }
  return number ?? newest;
}

function decodeFailure(field: string, what: string): Error {
  return new Error(`Failed to decode \`block.${field}\` value: \`${what}\``);
}

function metaOf(deployment: Deployment, number: number, { block }: At) {
  // graph-node does not look up the hash of a block that was asked for by its number.
  const hash = block?.number === undefined ? deployment.latest?.hash : null;
  const hasIndexingErrors = hasErrors(deployment, number);
  const { hash: id } = deployment;
  return {
    block: { number, hash, timestamp: null, parentHash: null },
    deployment: id,
    hasIndexingErrors,
  };
}

function selected(view: View, type: string, entities: Entity[], asked: Selection): unknown[] {
  for (const argument of ["first", "skip"] as const) {
    const most = MOST[argument];
    if (asked[argument] >= 0 && asked[argument] <= most) continue;
    const what = `must be between 0 and ${most}, but is ${asked[argument]}`;
    throw new Error(`The \`${argument}\` argument ${what}`);
  }
  const { first, skip, where = {}, orderBy = "id", orderDirection = "asc" } = asked;
  const sign = orderDirection === "desc" ? -1 : 1;
  return entities
    .filter((entity) => matches(entity, where))
    .sort((a, b) => sign * (order(a[orderBy], b[orderBy]) || order(a.id, b.id)))
    .slice(skip, skip + first)
    .map((entity) => shown(view, type, entity));
}

type Shown = { [field: string]: Json | ((args: Selection) => unknown) };

/** An entity whose references lead to other entities when a query follows them. */
function shown(view: View, type: string, entity: Entity | undefined): Shown | null {
  if (!entity) return null;
  const fields = view.schema.types.get(type)?.fields ?? [];
  return Object.fromEntries(
    fields.map((field) => [field.name, fieldOf(view, type, entity, field)]),
  );
}

function fieldOf(view: View, type: string, entity: Entity, field: Field): Shown[string] {
  const { name, named, isList, derivedFrom } = field;
  const value = toJson(entity[name]);
  if (!view.schema.types.has(named)) return value;

  const ids = [value].flat() as string[];
  const others = () =>
    derivedFrom
      ? refersTo(view, { type, id: idOf(entity), field: name })
      : ids
          .map((id) => entityAt(view.entities, named, id, view.block))
          .filter((other) => other !== undefined);
  return (args) =>
    isList ? selected(view, named, others(), args) : shown(view, named, others()[0]);
}
