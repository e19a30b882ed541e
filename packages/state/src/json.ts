import { hash } from "node:crypto";

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

/**
 * The one text of a value: keys in order, no white space, bigints as decimal strings, `undefined`
 * left out. Equal values have equal texts, so equal digests.
 */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return inner.toString();
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

export function digestOf(bytes: string | Uint8Array): Digest {
  return `sha256:${hash("sha256", bytes, "hex")}`;
}
