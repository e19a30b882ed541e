import type { Entity } from "./value.ts";

/** What an entity was from a block on; nothing when it was removed there. */
type Version = { from: number; entity: Entity | undefined };

/** All entities of a deployment with their history: by type, then by id. */
export type Entities = Map<string, Map<string, Version[]>>;

/** What changes in a block, or in a handler. */
export type Changes = Map<string, Map<string, Entity | undefined>>;

export function entityAt(
  entities: Entities,
  type: string,
  id: string,
  block: number,
): Entity | undefined {
  const versions = entities.get(type)?.get(id) ?? [];
  return versions.findLast(({ from }) => from <= block)?.entity;
}

export function entitiesAt(entities: Entities, type: string, block: number): Entity[] {
  const ids = [...(entities.get(type)?.keys() ?? [])];
  return ids
    .map((id) => entityAt(entities, type, id, block))
    .filter((entity) => entity !== undefined);
}

export function countEntities(entities: Entities): number {
  const types = [...entities.keys()];
  return types.reduce((sum, type) => sum + entitiesAt(entities, type, Infinity).length, 0);
}

export function commit(entities: Entities, changes: Changes, block: number): void {
  for (const [type, changed] of changes) {
    const table = entities.get(type) ?? new Map<string, Version[]>();
    entities.set(type, table);
    for (const [id, entity] of changed) {
      const earlier = (table.get(id) ?? []).filter(({ from }) => from < block);
      table.set(id, [...earlier, { from: block, entity }]);
    }
  }
}

/** Forgets what happened after a block. */
export function revert(entities: Entities, block: number): void {
  for (const table of entities.values()) {
    for (const [id, versions] of table) {
      const kept = versions.filter(({ from }) => from <= block);
      if (kept.length > 0) table.set(id, kept);
      else table.delete(id);
    }
  }
}

/** Whether and to what a type's entity was changed. */
export function changeOf(changes: Changes, type: string, id: string): { to?: Entity } | undefined {
  const changed = changes.get(type);
  return changed?.has(id) ? { to: changed.get(id) } : undefined;
}

export function change(changes: Changes, type: string, id: string, to: Entity | undefined): void {
  changes.set(type, (changes.get(type) ?? new Map()).set(id, to));
}

export function addChanges(changes: Changes, more: Changes): void {
  for (const [type, changed] of more) {
    for (const [id, entity] of changed) change(changes, type, id, entity);
  }
}
