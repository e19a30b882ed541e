import { ActionError, type Report, table } from "@playbook/action";
import { type Fork, isDetermined, isOff } from "@playbook/bft";
import type { Result } from "@playbook/rollout";
import type { Node } from "./follow.ts";

/** A fork that all nodes have followed; `since` is null where nobody here knows it. */
export function forkText(
  features: readonly string[],
  { since, same }: { since: number | null; same: number },
  nodes: readonly Node[],
): string {
  const rows = nodes.map((node) => [node.pod, node.status, node.height ?? ""]);
  return [
    `## ${features.join(", ")}: enabled${since === null ? "" : ` since block ${since}`}`,
    `✅ **All ${nodes.length} nodes have followed, with the same block ${same}.**`,
    table(["node", "fork", "block"], rows),
  ].join("\n\n");
}

/** What became of a fork whose preparing did not come to its end: whether it is off, above all. */
export function offReport(told: Report, result: Result, { height }: Pick<Fork, "height">): Report {
  const { fork, set } = result.seen;
  const off = fork === undefined || isOff(fork, set);
  const text = off ? offText(height, fork) : standsText(height, fork);
  const failure =
    told.failure &&
    new ActionError(off ? told.failure.code : "fork-stands", {
      what: off
        ? told.failure.what
        : "The fork stands, though preparing for it did not come to its end.",
      why: `${told.failure.why}\n${text}`,
      next: off
        ? told.failure.next
        : `Mend what is named before block ${height}; then run this again.`,
    });
  return {
    ...told,
    outputs: { ...told.outputs, "fork-height": off ? "" : height },
    summary: `${off ? "🛑" : "⚠️"} **${text}**\n\n${told.summary ?? ""}`,
    ...(failure && { failure }),
  };
}

function offText(height: number, fork: Fork | undefined): string {
  const proposing = [...(fork?.readiness ?? [])].filter(([, is]) => is !== "unprepared").length;
  if (proposing === 0) return "The fork is off: nobody is prepared for it.";
  return (
    `The fork is off: too few are prepared. Until block ${height} those ${proposing} lead in ` +
    "vain, which makes blocks slower; then they drop it."
  );
}

function standsText(height: number, fork: Fork): string {
  if (isDetermined(fork)) return `The chain has determined the fork: it comes at block ${height}.`;
  return `Enough are prepared to determine the fork at any block before ${height}.`;
}
