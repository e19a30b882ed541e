import type { ChainSpec } from "./chain-spec.ts";

/**
 * In which fields two chain specs make different first blocks, as paths; one for a list.
 */
export function genesisDifferences(one: ChainSpec, other: ChainSpec): string[] {
  return differing(ordered(one), ordered(other), "");
}

/**
 * The order of accounts makes no other block; that of validators does. Their addresses follow from
 * their keys, whether or not they are written.
 */
function ordered({ params, ...spec }: ChainSpec): ChainSpec {
  const accounts = [...spec.accounts].sort((a, b) => (a.address < b.address ? -1 : 1));
  const verifier_list = params.verifier_list.map(({ address: _, ...key }) => key);
  return { ...spec, accounts, params: { ...params, verifier_list } };
}

/** Paths at which two values differ; one for a list. */
function differing(one: unknown, other: unknown, path: string): string[] {
  if (isRecord(one) && isRecord(other)) {
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
    return keys.flatMap((key) => differing(one[key], other[key], path ? `${path}.${key}` : key));
  }
  return written(one) === written(other) ? [] : [path];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As text in which upper and lower case of hex are one. */
function written(value: unknown): string {
  const text = (_: string, item: unknown) => (typeof item === "bigint" ? `${item}` : item);
  return (JSON.stringify(value, text) ?? "").toLowerCase();
}
