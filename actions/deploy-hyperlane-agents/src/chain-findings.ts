import { type KnownChain, mayConcern } from "@playbook/hyperlane";
import { type Finding, warning } from "@playbook/release";
import type { Sight } from "./sight.ts";

/** What a chain that does not answer leaves to the next run. */
export function ofChains({ unreached }: Pick<Sight, "unreached">): Finding[] {
  const next =
    "Until it answers, its own validators and all that sign stay as they are: it may count on " +
    "any of them. No relayer that works on it is started: it would go on without it. See to its " +
    "nodes, or give others in `rpc-urls`, and run this again.";
  return unreached.map(({ chain, why }) => {
    return warning("chain-unreadable", chain, `It does not say whom it counts on. ${why}`, next);
  });
}

/** What is not known may count on anybody. */
export function ofUnknown({ unknown, agents }: Sight): Finding[] {
  const validators = agents.filter(({ entry }) => entry.kind === "validator");
  const concerning = unknown.filter((one) =>
    validators.some(({ entry }) => mayConcern(one, entry.group)),
  );
  const next =
    "Nobody retires on whom it may count. See for yourself whom it counts on, and name the chain " +
    "in `allow-unknown-isms`.";
  return concerning.map(({ chain, address, origin }) => {
    const what = origin === null ? "messages of all chains" : `messages of ${origin}`;
    const why = `${address} judges ${what} there, and whom it counts on is not known here.`;
    return warning("unknown-ism", chain, why, next);
  });
}

/** Agents would read all that a chain ever had before they come to its messages. */
export function ofBeginnings({ agents }: Sight, chains: readonly KnownChain[]): Finding[] {
  const used = new Set(agents.flatMap(({ entry }) => entry.wanted?.needs.chains ?? []));
  const unsaid = chains.filter(({ name, index }) => used.has(name) && index.from === undefined);
  const why =
    "agent-config.json does not say in which block Hyperlane begins there: " +
    "agents read it from its first block on.";
  const next =
    "Write the mailbox's block as `index.from`, or have deploy-hyperlane-core write the file.";
  return unsaid.map(({ name }) => warning("begins-at-zero", name, why, next));
}
