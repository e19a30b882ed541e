import { type Cell, code, count, failureSummary, table } from "@playbook/action";
import type { CoreDocument } from "../document.ts";
import type { Outcome } from "./chain.ts";
import type { Failed } from "./failure.ts";

const STATE: Record<Outcome["state"], string> = {
  unchanged: "as it was",
  deployed: "as planned",
  continued: "an earlier plan, to its end",
  known: "as an earlier run has left it",
};

/** What has become of the chains. */
export function summarize(
  outcomes: readonly Outcome[],
  failed: readonly Failed[],
  { unreached, agents }: Pick<CoreDocument, "unreached" | "agents">,
): string {
  const rows = outcomes.map(({ entry, sent, state }): Cell[] => [
    entry.name,
    STATE[state],
    sent,
    entry.proposals.length,
    entry.addresses.mailbox ? code(entry.addresses.mailbox) : "",
  ]);
  const proposals = outcomes.reduce((sum, { entry }) => sum + entry.proposals.length, 0);
  const title =
    failed.length > 0
      ? `## Hyperlane: ${count(failed.length, "chain")} not done`
      : "## Hyperlane: as planned";
  return [
    title,
    ...failed.map(({ name, error }) => `### ${name}\n\n${failureSummary(error)}`),
    table(["Chain", "Is", "Sent", "Proposed", "Mailbox"], rows),
    proposals > 0 &&
      `For whoever owns what is to change there is **${count(proposals, "proposal")}**: the ` +
        "result's folder `safe` has a file for each Safe's transaction builder.",
    signed(outcomes),
    ...unreached
      .filter(({ isFlawed }) => !isFlawed)
      .map(({ name, why }) => `⚠️ **${name}** is left for the next run. ${why}`),
    ...unreached.flatMap(({ name }) =>
      name in agents ? [] : `\`agent-config.json\` does not know ${name} yet.`,
    ),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** What a wallet has to show before anybody signs. */
function signed(outcomes: readonly Outcome[]): string {
  const rows = outcomes.flatMap(({ entry, toSign }) =>
    toSign.map(({ safe, nonce, hash }): Cell[] => [entry.name, code(safe), nonce, code(hash)]),
  );
  if (rows.length === 0) return "";
  const head = ["Chain", "Safe", "Nonce", "safeTxHash"];
  return `As the next transaction of each Safe, it has this hash:\n\n${table(head, rows)}`;
}
