import { type Changes, changeOf, type Entities, entitiesAt } from "./entities.ts";
import type { EntitySchema } from "./schema.ts";
import { type Entity, type Json, toJson } from "./value.ts";

export type View = { entities: Entities; schema: EntitySchema; block: number };

/** All entities of a type, with what changes in the block that is being worked on. */
export function allOf({ entities, block }: View, type: string, changes?: Changes): Entity[] {
  const there = entitiesAt(entities, type, block);
  if (!changes) return there;
  const untouched = there.filter((entity) => !changeOf(changes, type, idOf(entity)));
  const changed = [...(changes.get(type)?.values() ?? [])].filter((entity) => entity !== undefined);
  return [...untouched, ...changed];
}

/** The entities that an entity's derived field stands for: those that point to it. */
export function refersTo(
  view: View,
  { type, id, field }: { type: string; id: string; field: string },
  changes?: Changes,
): Entity[] {
  const derived = view.schema.types.get(type)?.fields.find(({ name }) => name === field);
  const { named = "", derivedFrom = "" } = derived ?? {};
  return allOf(view, named, changes).filter((entity) => {
    const points: Json = toJson(entity[derivedFrom]);
    return Array.isArray(points) ? points.includes(id) : points === id;
  });
}

export function idOf(entity: Entity): string {
  return String(toJson(entity.id));
}
