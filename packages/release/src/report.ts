import { ActionError, type Report, table } from "@playbook/action";
import { enduranceOf, type Outcome, type ValidatorSet } from "@playbook/bft";
import type { Result, Story } from "@playbook/rollout";
import type { Finding } from "./preflight/finding.ts";
import type { Prepared } from "./prepare.ts";

const TITLE: Record<Outcome, string> = {
  done: "Rolled out",
  "taken-back": "Taken back",
  held: "Stopped half-way: there is no way back",
  paused: "Paused: nothing is wrong with what was changed",
  stuck: "Stopped: going back did not work either",
};

/** What a rollout came to, for the steps after it and for a person. */
export function reportOf(result: Result, { version }: Prepared, findings: Finding[]): Report {
  const { outcome, blocks, took } = result;
  const summary = [
    `## ${TITLE[outcome]}`,
    `${version.from ?? "nothing"} → ${version.to}, ${seconds(took)}, ` +
      `blocks ${blocks.from} to ${blocks.to} of the chain.`,
    validatorTable(result),
    enduranceText(result.seen.set),
    result.timeline.toString(),
    ...(result.story ? [storyText(result.story)] : []),
    ...(findings.length > 0 ? [findingTable(findings)] : []),
  ];
  const failure = failureOf(result);
  return {
    outputs: {
      outcome,
      version: version.to,
      height: blocks.to,
      snapshots: Object.fromEntries(result.snapshots),
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
    ...(failure && { failure }),
  };
}

function validatorTable({ seen }: Result): string {
  const rows = seen.set.map(({ id, weight }) => {
    const member = seen.members.find((each) => each.id === id);
    const presence = seen.presences.get(id);
    const height = seen.nodes.get(id)?.height ?? null;
    const revision = member ? (member.revision === member.wanted ? "wanted" : "other") : "";
    return [
      member?.pod ?? "not of this cluster",
      `\`${id.slice(0, 12)}…\``,
      weight,
      revision,
      height === null ? "" : height,
      presence?.state ?? "",
    ];
  });
  return table(["validator", "public key", "weight", "revision", "block", "is"], rows);
}

/** What the chain survives, with the numbers that matter while something is upgraded. */
export function enduranceText(set: ValidatorSet): string {
  const { validators, quorum, atRest, upgrading } = enduranceOf(set);
  return (
    `${validators} validators; ${quorum} votes commit a block. ` +
    `**${atRest}** may fail at rest, **${Math.max(0, upgrading)}** while one is being replaced.`
  );
}

export function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ level, code, at, why, next }) => [
    level === "error" ? "🛑" : "⚠️",
    `**${at}** (\`${code}\`)<br>${why}<br>${next}`,
  ]);
  return table(["", "finding"], rows);
}

function storyText({ pod, events, log }: Story): string {
  return [
    `<details><summary>${pod}: last events and log lines</summary>`,
    "",
    "```text",
    ...[...events, ...(log.length > 0 ? ["", ...log] : [])].map((line) =>
      line.replaceAll("```", "'''"),
    ),
    "```",
    "",
    "</details>",
  ].join("\n");
}

const NEXT: Record<Exclude<Outcome, "done">, string> = {
  "taken-back": "Mend what is named, then release again.",
  held: "Mend what is named and run this again; or restore that validator from its snapshot.",
  paused: "Bring the validators back that do not vote, then run this again: it goes on.",
  stuck: "Bring that validator back by hand; then run this again: it goes on.",
};

function failureOf({ outcome, failure, cause, snapshots }: Result): ActionError | undefined {
  if (outcome === "done") return undefined;
  const why = [cause?.why, failure?.why].filter(Boolean).join("\n");
  const kept = snapshots.map(([pod, name]) => `${pod}: VolumeSnapshot ${name}`).join(", ");
  const offer = outcome === "held" && kept ? ` There is ${kept}.` : "";
  return new ActionError(`rollout-${outcome}`, {
    what: `${TITLE[outcome]}.`,
    why: why || "It was begun by a run that ended before it could say why.",
    next: `${NEXT[outcome]}${offer}`,
  });
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
