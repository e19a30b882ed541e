import type { ChainSpec } from "@playbook/axon";
import { error, type Finding } from "../finding.ts";
import { type Manifest, nameOf } from "../manifest.ts";
import { contentsOf } from "../pods/mounts.ts";

export type Text = { at: string; text: string; isSecret?: boolean };

/** All files that ConfigMaps and Secrets have. */
export function textsIn(objects: readonly Manifest[]): Text[] {
  return objects
    .filter(({ kind }) => /^(?:ConfigMap|Secret)$/.test(kind))
    .flatMap((object) =>
      [...contentsOf(object)].map(([file, content]) => ({
        at: `${nameOf(object)}, ${file}`,
        text: content.toString(),
        isSecret: object.kind === "Secret",
      })),
    );
}

export function isChainSpec({ text }: Text): boolean {
  return /^\s*(?:\[\[\s*params\s*\.\s*verifier_list\s*\]\]|(?:params\s*\.\s*)?verifier_list\s*=)/m.test(
    text,
  );
}

/**
 * Whether the chain spec is still the one that the chain began with. Nodes that have data never
 * read it again, and one without makes a genesis block of it, which no other node has.
 */
export function checkGenesis(
  rendered: { at: string; spec: ChainSpec },
  live: { at: string; spec: ChainSpec },
): Finding[] {
  const paths = differing(ordered(rendered.spec), ordered(live.spec), "");
  if (paths.length === 0) return [];
  const why =
    `The chain began with another ${paths.join(", ")} (${live.at}). What the nodes have stays as ` +
    "it is, and each that starts without data begins another chain.";
  const next =
    "Render what the chain began with: it is in that ConfigMap, and `chain.spec` takes it whole. " +
    "Who validates is changed by change-axon-validators, and one that came later has `genesis: " +
    "false`; another chain is another release, in a namespace of its own.";
  return [error("genesis-changed", rendered.at, why, next)];
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
