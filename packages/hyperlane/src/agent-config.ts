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
  index: z.looseObject({ from: z.number() }),
  mailbox: address,
  merkleTreeHook: address,
  validatorAnnounce: address,
});

/** A chain as agents know it, as far as this library looks at it. */
export type KnownChain = z.output<typeof entry>;

/** An agent-config.json. */
export type AgentConfig = { chains: Record<string, object> };

/** Reads the chains of an agent-config.json. Throws `bad-agent-config` by chain and field. */
export function readAgentConfig(
  text: string,
  source: string,
): { config: AgentConfig; chains: KnownChain[] } {
  const config = parsed(text, source);
  const chains = Object.entries(config.chains).map(([name, one]) => {
    const result = entry.safeParse(one);
    if (result.success && result.data.name === name) return result.data;
    const [issue] = result.error?.issues ?? [];
    const flaw = issue ? `${issue.path.join(".")}: ${issue.message}` : "name: is another one.";
    throw badConfig(source, `${name}: ${flaw}`);
  });
  return { config, chains };
}

function parsed(text: string, source: string): AgentConfig {
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

/** What agents take where an entry does not say it: written down, as it is what validators wait for. */
const BLOCKS = { reorgPeriod: 1 };

const partOf = (part: unknown) => (part ?? {}) as object;

/**
 * Where agents begin, who never look below it. On Arbitrum's stack contracts know the parent's blocks
 * alone, whose numbers may be above all of the chain's own.
 */
const firstOf = ({ metadata, since }: AgentChain) =>
  metadata.technicalStack === "arbitrumnitro" ? 0 : since;

/** What agents read of the chains, as the official CLI makes it from a registry. */
export function agentConfig(chains: AgentChain[]): { chains: Record<string, object> } {
  const byName = chains.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const entries = byName.map((chain) => {
    const { metadata, addresses } = chain;
    const own = { ...metadata, chainId: Number(metadata.chainId) };
    const index = { from: firstOf(chain), ...partOf(metadata.index) };
    const blocks = { ...BLOCKS, ...partOf(metadata.blocks) };
    return [metadata.name, { ...ETHEREUM, ...own, blocks, index, ...NOBODY, ...addresses }];
  });
  return { chains: Object.fromEntries(entries) };
}
