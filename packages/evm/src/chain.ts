import { ActionError, reason } from "@playbook/action";
import { closest } from "fastest-levenshtein";
import { parse } from "yaml";
import { z } from "zod";
import { ownFields, transactionOverrides } from "./gas-policy.ts";
import { count, domain } from "./primitives.ts";

const digits = z.string().regex(/^\d+$/).transform(Number);

/**
 * An entry of chain metadata in the format of `@hyperlane-xyz/registry` (its
 * `chainMetadata.schema.json`), as far as it concerns sending transactions; the rest is ignored.
 */
export const chainMetadata = z.object({
  name: z.string().min(1),
  chainId: z.union([count, digits]),
  domainId: domain.optional(),
  displayName: z.string().optional(),
  protocol: z.string().default("ethereum"),
  isTestnet: z.boolean().default(false),
  rpcUrls: z.array(z.object({ http: z.url({ protocol: /^https?$/ }) })).min(1),
  nativeToken: z
    .object({ name: z.string(), symbol: z.string(), decimals: count })
    .default({ name: "Ether", symbol: "ETH", decimals: 18 }),
  blocks: z
    .object({
      confirmations: count.default(1),
      reorgPeriod: z.union([count, digits, z.string()]).optional(),
      estimateBlockTime: z.number().positive().optional(),
    })
    .default({ confirmations: 1 }),
  blockExplorers: z
    .array(z.object({ name: z.string(), url: z.string(), apiUrl: z.string().optional() }))
    .default([]),
  technicalStack: z.string().optional(),
  /** Where Hyperlane's agents begin: handed on, and refused where they would not take it. */
  index: z.object({ from: z.number().optional() }).optional(),
  transactionOverrides: transactionOverrides.default({}),
  /** What this library alone reads of an entry. */
  playbook: ownFields.optional(),
});

export type Chain = z.output<typeof chainMetadata>;

/**
 * Reads chains from a metadata file: one mapping of names to entries (the registry's
 * `metadata.yaml`), a list, or one entry. YAML or JSON. Throws `bad-chains` naming entry and field.
 */
export function readChains(text: string, source: string): Chain[] {
  const value: unknown = parseYaml(text, source);
  const entries = Array.isArray(value)
    ? value
    : isEntry(value)
      ? [value]
      : Object.entries(value ?? {}).map(([name, entry]) => ({ name, ...entry }));

  const known = entries.filter((entry) => entries.length === 1 || !isForeign(entry));
  const chains = known.map((entry) => readChain(entry, source));
  if (chains.length === 0) throw badChains(source, "It names no chain.");
  return chains;
}

function parseYaml(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw badChains(source, reason(error));
  }
}

/** One entry has fields of its own; a mapping of names has an entry behind each. */
function isEntry(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "rpcUrls" in value || ("name" in value && typeof value.name !== "object");
}

/**
 * The registry lists chains of other virtual machines too, with ids and URLs of their own kinds.
 */
function isForeign(entry: unknown): boolean {
  const { protocol = "ethereum" } = (entry ?? {}) as { protocol?: unknown };
  return protocol !== "ethereum";
}

function readChain(entry: unknown, source: string): Chain {
  const { name = "an entry without a name", protocol } = (entry ?? {}) as Partial<Chain>;
  if (isForeign(entry)) {
    throw badChains(source, `${name} has protocol ${protocol}; only ethereum is known.`);
  }
  const parsed = chainMetadata.safeParse(entry);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badChains(source, `${name}: ${issue?.path.join(".")}: ${issue?.message}`);
}

function badChains(source: string, why: string): ActionError {
  return new ActionError("bad-chains", {
    what: `The chains in ${source} cannot be used.`,
    why,
    next:
      "Write them in the chain metadata format of the " +
      "Hyperlane registry; the README shows one.",
  });
}

/**
 * The chains by their names, in the order asked for. Throws `unknown-chain` with the nearest name.
 */
export function chooseChains(all: Chain[], names: string[], source: string): Chain[] {
  return names.map((name) => {
    const found = all.find((chain) => chain.name === name || String(chain.chainId) === name);
    if (found) return found;

    const known = all.map((chain) => chain.name);
    throw new ActionError("unknown-chain", {
      what: `There is no chain "${name}".`,
      why: `${source} has ${known.join(", ")}.`,
      next: `Write one of these names (did you mean "${closest(name, known)}"?), or add the chain.`,
    });
  });
}

/**
 * Blocks on top of a transaction's own before it counts as settled; a tag when the chain has one.
 */
export function finality(chain: Chain): number | "finalized" | "safe" {
  const { reorgPeriod, confirmations } = chain.blocks;
  if (reorgPeriod === "finalized" || reorgPeriod === "safe") return reorgPeriod;
  if (typeof reorgPeriod === "number") return Math.max(reorgPeriod, confirmations - 1);
  return Math.max(0, confirmations - 1);
}

/** A link to a transaction, an address or a block on the chain's first explorer. */
export function explorerLink(
  chain: Chain,
  kind: "tx" | "address" | "block",
  value: string,
): string | undefined {
  const url = chain.blockExplorers[0]?.url;
  return url && `${url.replace(/\/$/, "")}/${kind}/${value}`;
}
