import type { Addresses } from "./model.ts";

export type AgentChain = {
  /** The registry's entry, as it is: agents read more of it than this library does. */
  metadata: { name: string; [field: string]: unknown };
  addresses: Addresses;
  /** The block that the mailbox was made in: agents look at nothing before it. */
  since: number;
};

/** What agents read of the chains, as the official CLI makes it from a registry. */
export function agentConfig(chains: AgentChain[]): { chains: Record<string, object> } {
  const byName = chains.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const entries = byName.map(({ metadata, addresses, since }) => [
    metadata.name,
    { index: { from: since }, ...metadata, ...addresses },
  ]);
  return { chains: Object.fromEntries(entries) };
}
