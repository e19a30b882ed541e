import { ActionError, type Cell, type Report, table } from "@playbook/action";
import { weightIn } from "@playbook/hyperlane";
import { type Finding, findingTable, nothingToMend, toMendFirst } from "@playbook/release";
import { storyText } from "@playbook/rollout";
import { changesOf } from "./entry.ts";
import type { Result } from "./rollout.ts";
import { type RotationSight, rotationText } from "./rotation.ts";
import { type AgentSight, absenceOf, leftIn, type Sight } from "./sight.ts";

/** What a person approves. */
export function planSummary(
  sight: Sight,
  findings: readonly Finding[],
  rotations: readonly RotationSight[],
  funding: string | null,
): string {
  const entries = sight.agents.map(({ entry }) => entry);
  const { install = [], change = [], retire = [] } = changesOf(entries);
  const count = install.length + change.length + retire.length;
  const title =
    count === 0
      ? "## Hyperlane's agents: nothing to do"
      : `## Hyperlane's agents: ${install.length} to install, ${change.length} to ` +
        `change, ${retire.length} to retire`;
  return whole([
    title,
    toMendFirst(findings),
    leftText(sight),
    agentTable(sight.agents),
    quorumTable(sight),
    funding ?? "",
    ...rotations.map(rotationText),
    retire.length > 0 ? "Of those that retire, key, bucket and volume stay." : "",
    nothingToMend(findings),
  ]);
}

const TITLE: Record<Result["outcome"], string> = {
  done: "All agents are as they shall be",
  partial: "All is done but what is left for the next run",
  held: "Held at an agent that does not work",
  blocked: "Stopped: nothing more can be moved",
  flagged: "Stopped: a chain was reorganised below what was signed",
};

/** What a rollout came to, for the steps after it and for a person. */
export function reportOf(
  result: Result,
  findings: readonly Finding[],
  funded: { outputs: object; text: string; failure: ActionError | undefined } | null,
): Report {
  const { outcome, moved, sight, at, story } = result;
  const failure = failureOf(result) ?? funded?.failure;
  return {
    outputs: {
      ...{ outcome, moved, changes: changesOf(sight.agents.map(({ entry }) => entry)) },
      ...{ left: leftIn(sight), unreached: sight.unreached.map(({ chain }) => chain) },
      ...funded?.outputs,
    },
    summary: whole([
      `## ${TITLE[outcome]}`,
      at ? `**${at.name}**: ${at.why}` : "",
      leftText(sight),
      moved.length > 0 ? `Moved by this run: ${moved.join(", ")}.` : "Nothing was to be moved.",
      agentTable(sight.agents),
      funded?.text ?? "",
      quorumTable(sight),
      story ? storyText(story) : "",
      findings.length > 0 ? findingTable(findings) : "",
    ]),
    ...(failure && { failure }),
  };
}

function failureOf({ outcome, at }: Result): ActionError | undefined {
  const { name = "", why = "" } = at ?? {};
  switch (outcome) {
    case "done":
    case "partial":
      return undefined;
    case "held":
      return new ActionError("agent-held", {
        what: `${name} does not work.`,
        why,
        next: "Mend what its events and its log say, and run this again: it goes on from there.",
      });
    case "blocked":
      return new ActionError("agents-blocked", {
        what: `${name} cannot be moved.`,
        why,
        next: "Bring those back that do not sign, or add one; then run this again.",
      });
    case "flagged":
      return new ActionError("agents-flagged", {
        what: `${name} must not be touched.`,
        why: `${why} Its chain was reorganised below what it has signed.`,
        next: "Find out what happened. The flag is never cleared to have a validator back.",
      });
  }
}

function leftText(sight: Sight): string {
  const left = leftIn(sight);
  const named = (all: readonly { chain: string }[]) =>
    [...new Set(all.map(({ chain }) => `**${chain}**`))].join(", ");
  const away = named(sight.unreached);
  const foreign = left.length > 0 ? named(sight.unknown) : "";
  const why = [
    away && `${away}: no answer.`,
    foreign && `${foreign}: a module that is not known.`,
  ].filter(Boolean);
  if (why.length === 0) return "";
  return `⚠️ ${why.join(" ")} Left for the next run: ${left.join(", ") || "nothing"}.`;
}

function agentTable(agents: readonly AgentSight[]): string {
  const rows = agents.map((seen): Cell[] => {
    const { entry, signing } = seen;
    const { name, work, address } = entry;
    const signed = signing ? `${(signing.latest ?? -1) + 1} of ${signing.count}` : "";
    return [name, work ?? "unchanged", stateOf(seen), signed, `\`${address}\``];
  });
  return table(["Agent", "To do", "Is", "Signed", "Address"], rows);
}

function stateOf(seen: AgentSight): string {
  const { installed } = seen.entry;
  if (!installed) return "";
  if (installed.isStandby) return "stands by";
  const why = absenceOf(seen);
  if (why) return `⚠️ ${why}`;
  return installed.kind === "validator" ? "signs" : "serves";
}

/** Of each set, how many of those who sign it counts on. */
function quorumTable({ agents, quorums, strangers }: Sight): string {
  if (quorums.length === 0) return "No ISM that can be seen counts on any validator yet.";
  const signing = new Set([
    ...agents
      .filter((one) => one.entry.installed && absenceOf(one) === undefined)
      .map(({ entry }) => entry.address),
    ...strangers,
  ]);
  const coming = agents.filter(({ entry }) => entry.work === "install");
  const then = new Set([...signing, ...coming.map(({ entry }) => entry.address)]);
  const current = quorums.filter(({ isCurrent }) => isCurrent);
  const rows = current.map((quorum): Cell[] => {
    const { name, validators, threshold } = quorum;
    const weightOf = (those: ReadonlySet<string>) =>
      weightIn(
        quorum,
        validators.filter((one) => those.has(one)),
      );
    const count = weightOf(signing);
    const lack = weightOf(then) < threshold ? "🛑 " : "⏳ ";
    return [
      `${count < threshold ? lack : ""}${name}`,
      count,
      threshold,
      weightIn(quorum, validators),
    ];
  });
  return table(["ISM", "sign", "needed", "of"], rows);
}

function whole(parts: string[]): string {
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}
