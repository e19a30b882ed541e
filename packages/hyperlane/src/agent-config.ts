import { ActionError } from "@playbook/action";
import { address } from "@playbook/evm";
import { z } from "zod";
import type { Addresses } from "./model.ts";

export type AgentChain = {
  /** The registry's entry, as it is: agents read more of it than this library does. */
  metadata: { name: string; [field: string]: unknown };
  addresses: Addresses;
  /** The block that the mailbox's messages begin in: agents look at nothing before it. */
  since: number;
};

const entry = z.looseObject({
  name: z.string().min(1),
  chainId: z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]),
  domainId: z.number().optional(),
  rpcUrls: z.array(z.object({ http: z.string() })).default([]),
  nativeToken: z
    .object({ symbol: z.string(), decimals: z.number() })
    .default({ symbol: "ETH", decimals: 18 }),
  blocks: z.looseObject({ reorgPeriod: z.union([z.number(), z.string()]) }),
  /** Without it, agents begin with the first block. */
  index: z.looseObject({ from: z.number().optional() }),
  mailbox: address,
  merkleTreeHook: address,
  validatorAnnounce: address,
});

/** A chain as agents know it, as far as this library looks at it. */
export type KnownChain = z.output<typeof entry>;

/** An agent-config.json. */
export type AgentConfig = { chains: Record<string, object> };

/**
 * Reads the chains of an agent-config.json, and gives them what agents refuse to be without: what
 * the official CLI writes has no more of it than its registry. Chains of other virtual machines are
 * left out. Throws `bad-agent-config` by chain and field.
 */
export function readAgentConfig(
  text: string,
  source: string,
): { config: AgentConfig; chains: KnownChain[] } {
  const known = Object.entries(parsed(text, source).chains).filter(([, one]) => isOurs(one));
  const chains = known.map(([name, one]) => {
    const result = entry.safeParse({ ...one, blocks: blocksOf(one), index: partOf(one.index) });
    if (result.success && result.data.name === name) return result.data;
    const [issue] = result.error?.issues ?? [];
    const flaw = issue ? `${issue.path.join(".")}: ${issue.message}` : "name: is another one.";
    throw badConfig(source, `${name}: ${flaw}`);
  });
  const config = known.map(([name, one]) => [name, completed(one, FIRST)]);
  return { config: { chains: Object.fromEntries(config) }, chains };
}

type Entry = Record<string, unknown>;

function isOurs({ protocol = "ethereum" }: Entry): boolean {
  return protocol === "ethereum";
}

function parsed(text: string, source: string): { chains: Record<string, Entry> } {
  try {
    return z.object({ chains: z.record(z.string(), z.looseObject({})) }).parse(JSON.parse(text));
  } catch (error) {
    // What a parser says of a text may quote it, and URLs may hold keys.
    const why = error instanceof z.ZodError ? "It has no `chains`." : "It is no JSON.";
    throw badConfig(source, why);
  }
}

function badConfig(source: string, why: string): ActionError {
  return new ActionError("bad-agent-config", {
    what: `What ${source} tells agents of the chains cannot be used.`,
    why,
    next: "Make it anew: deploy-hyperlane-core and `hyperlane registry agent-config` write it.",
  });
}

/** Agents want the address of a paymaster, and where there is none the official CLI says this. */
const NOBODY = { interchainGasPaymaster: `0x${"0".repeat(40)}` };

/** What agents refuse to be without, and an entry may leave out here. */
const ETHEREUM = { protocol: "ethereum" };

/**
 * What agents take where an entry does not say it: written down, as it is what validators wait for.
 */
const BLOCKS = { reorgPeriod: 1 };

/** Where agents begin whom nobody tells. */
const FIRST = 0;

const partOf = (part: unknown) => (part ?? {}) as object;

const blocksOf = ({ blocks }: Entry) => ({ ...BLOCKS, ...partOf(blocks) });

/** A chain's metadata and addresses with what agents refuse to be without. */
function completed(one: Entry, from: number): object {
  const index = { from, ...partOf(one.index) };
  const own = { chainId: Number(one.chainId), blocks: blocksOf(one), index };
  return { ...ETHEREUM, ...NOBODY, ...one, ...own };
}

/**
 * Where agents begin, who never look below it. On Arbitrum's stack contracts know the parent's
 * blocks alone, whose numbers may be above all of the chain's own.
 */
const firstOf = ({ metadata, since }: AgentChain) =>
  metadata.technicalStack === "arbitrumnitro" ? 0 : since;

/** What agents read of the chains, as the official CLI makes it from a registry. */
export function agentConfig(chains: AgentChain[]): { chains: Record<string, object> } {
  const byName = chains.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const entries = byName.map((chain) => {
    const { metadata, addresses } = chain;
    return [metadata.name, completed({ ...metadata, ...addresses }, firstOf(chain))];
  });
  return { chains: Object.fromEntries(entries) };
}
