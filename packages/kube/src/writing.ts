import type { Refusal } from "./failure.ts";
import { type Draft, type KubeObject, objectPath, type Ref, type Resource } from "./objects.ts";
import type { Request } from "./wire.ts";

/** Of this library's patches, as `managedFields` names it. It is never Helm's: see the README. */
export const MANAGER = "playbook";

export type Writing = {
  /** Whose change it is; this library's own unless somebody else's field is written in its name. */
  manager?: string;
  /** The API server says whether it would, and does not. */
  dryRun?: boolean;
  /** A field that there is not is refused, and not left out. */
  strict?: boolean;
};

const PATCH = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  apply: "application/apply-patch+yaml",
};

export type Change = { metadata?: Record<string, unknown> } & Record<string, unknown>;

export function refOf<Kind extends KubeObject>(
  resource: Resource<Kind>,
  draft: Draft<Kind>,
): Ref<Kind> {
  const { name, namespace } = draft.metadata;
  return { resource, name, ...(namespace && { namespace }) };
}

export function queryOf({
  manager = MANAGER,
  dryRun = false,
  strict = false,
}: Writing): NonNullable<Request["query"]> {
  return {
    fieldManager: manager,
    ...(dryRun && { dryRun: "All" }),
    ...(strict && { fieldValidation: "Strict" }),
  };
}

export function patchOf(
  ref: Ref,
  kind: keyof typeof PATCH,
  body: object,
  query: NonNullable<Request["query"]>,
): Request {
  return { method: "PATCH", path: objectPath(ref), contentType: PATCH[kind], body, query };
}

/** What a second try is refused with when the first was carried out. */
export function isCollision(refusal: Refusal): boolean {
  return refusal.code === 409 || refusal.code === 422;
}

/** A merge patch removes with null. */
export function withoutNulls(change: unknown): unknown {
  if (change === null || typeof change !== "object" || Array.isArray(change)) return change;
  return Object.fromEntries(
    Object.entries(change)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, withoutNulls(value)]),
  );
}
