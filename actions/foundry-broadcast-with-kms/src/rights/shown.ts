import { code, table } from "@playbook/action";
import type { Held, Rights } from "@playbook/evm";
import { declaration } from "./keeps.ts";

/** What the key holds, for a person: a row a contract and right, with the reason that was given. */
export function rightsTable(held: Held[], { keeps }: Pick<Rights, "keeps">): string {
  const groups = Map.groupBy(held, (one) => `${one.contract ?? one.address}: ${one.right}`);
  const rows = [...groups.values()].map((same) => {
    const [one] = same as [Held];
    const declared = declaration(one, keeps);
    const chains = [...new Set(same.map(({ chain }) => chain))].join(", ");
    const why = declared ? (declared.reason ?? "declared") : "**not declared**";
    return [code(one.contract ?? one.address), code(one.right), chains, why];
  });
  return table(["Contract", "Right", "Chains", "Why"], rows);
}

/** The part of a release's summary that says whom the contracts obey, as the chains have it. */
export function rightsFound(verdict: Pick<Rights, "held" | "keeps"> | undefined): string {
  if (!verdict) return "";
  const title = "### What the key holds";
  if (verdict.held.length === 0)
    return `${title}\n\nNo role, no ownership, by the chains' own word.`;
  return `${title}\n\n${rightsTable(verdict.held, verdict)}`;
}

/** The part of a plan's summary that says whom the contracts obey. */
export function rightsPlanned(rights: Rights | undefined): string {
  if (!rights || rights.contracts.length === 0) return "";
  const title = "### What the key holds at the end";
  const { held } = rights;
  if (held.length === 0) return `${title}\n\nNo role, no ownership, of the contracts it touches.`;
  return `${title}\n\n${rightsTable(held, rights)}`;
}
