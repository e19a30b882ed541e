/** What a JSON Patch can do here: RFC 6902. `test` makes it safe to repeat. */
export type PatchOperation =
  | { op: "test" | "add" | "replace"; path: string; value: unknown }
  | { op: "remove"; path: string };

/**
 * Whether an object has all that was asked for: every field with its value, whatever it has beside
 * them. Lists have to be as long, and alike at each place.
 */
export function holds(object: unknown, wanted: unknown): boolean {
  if (wanted === null || typeof wanted !== "object") return Object.is(object, wanted);
  if (object === null || typeof object !== "object") return false;
  if (Array.isArray(wanted) && (!Array.isArray(object) || object.length !== wanted.length)) {
    return false;
  }
  const fields = object as Record<string, unknown>;
  return Object.entries(wanted)
    .filter(([, value]) => value !== undefined)
    .every(([name, value]) => holds(fields[name], value));
}

/** Whether an object is as a JSON Patch leaves it. */
export function isPatched(object: unknown, patch: readonly PatchOperation[]): boolean {
  return patch.every((operation) => {
    const value = valueAt(object, operation.path);
    switch (operation.op) {
      case "test":
        return true;
      case "remove":
        return value === undefined;
      default:
        return holds(value, operation.value);
    }
  });
}

/** RFC 6901. */
function valueAt(object: unknown, pointer: string): unknown {
  const names = pointer.split("/").slice(1);
  return names.reduce<unknown>((value, name) => {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return (value as Record<string, unknown> | undefined)?.[key];
  }, object);
}
