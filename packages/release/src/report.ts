import { ActionError, byName, type Report, table } from "@playbook/action";
import {
  type Endurance,
  enduranceOf,
  hasQuorum,
  type Insight,
  type Outcome,
  quorum,
  totalWeight,
  type ValidatorSet,
  weightOf,
} from "@playbook/bft";
import { isNew, type Result, storyText } from "@playbook/rollout";
import type { Finding } from "./preflight/finding.ts";
import type { Prepared } from "./prepare.ts";
import type { RolledOut } from "./roll-out.ts";

const TITLE: Record<Outcome, string> = {
  done: "Rolled out",
  "taken-back": "Taken back",
  held: "Stopped half-way, with no way back",
  paused: "Paused, with nothing wrong in what was changed",
  stuck: "Stopped, as going back did not work either",
};

const PAUSED_BACK = "Paused while it goes back, with nothing wrong in what is back";

function titleOf({ outcome, direction }: Result): string {
  return outcome === "paused" && direction === "back" ? PAUSED_BACK : TITLE[outcome];
}

/** What a rollout came to, for the steps after it and for a person. */
export function reportOf(
  result: RolledOut,
  { version }: Prepared,
  findings: readonly Finding[],
): Report {
  const { outcome, blocks, direction, was, lacking = [] } = result;
  const told = [...lacking, ...findings];
  const way = [was ?? version.from ?? "nothing", version.to];
  if (direction === "back") way.reverse();
  const summary = [
    `## ${titleOf(result)}: ${[...new Set(way)].join(" → ")}`,
    chainText(result),
    lackingText(lacking),
    validatorTable(result),
    result.timeline.toString(),
    enduranceTable(result.seen.set),
    ...(result.story ? [storyText(result.story)] : []),
    ...(told.length > 0 ? [findingTable(told)] : []),
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

/** Whether the chain is well: what is asked first. */
function chainText({ seen, blocks, took, timeline }: Result): string {
  const count = blocks.to - blocks.from;
  const made =
    `It made ${count} block${count === 1 ? "" : "s"} in ${seconds(took)}, up to ${blocks.to}, ` +
    `and was never longer than ${seconds(timeline.longestPause)} without one.`;
  const kept = timeline.isEventless ? "No validator had to be replaced." : "";
  return [verdict(seen), absentText(seen), made, kept].filter(Boolean).join(" ");
}

function lackingText(lacking: readonly Finding[]): string {
  const names = lacking.map(({ at }) => at).join(", ");
  return names && `⚠️ **Beside the validators, this is not up: ${names}.**`;
}

function verdict({ set, voting, inStep, stalled }: Insight): string {
  const [votes, all, needed] = [weightOf(set, voting), totalWeight(set), quorum(set)];
  const count = `${votes} of ${all} votes are seen, ${needed} needed`;
  if (stalled || !hasQuorum(set, inStep)) return `🛑 **The chain makes no blocks: ${count}.**`;
  if (votes === all) return `✅ **The chain is fine: all ${set.length} validators vote.**`;
  return `⚠️ **The chain makes blocks: ${count}${votes === needed ? ", none to spare" : ""}.**`;
}

function absentText(seen: Insight): string {
  const absent = seen.set.filter(({ id }) => !seen.voting.has(id));
  const names = absent.map(({ id }) => nameOf(id, seen)).join(", ");
  return names && `Not voting: ${names}.`;
}

function nameOf(id: string, { members }: Insight): string {
  return members.find((member) => member.id === id)?.pod ?? shortened(id);
}

function shortened(id: string): string {
  return `\`${id.slice(0, 12)}…\``;
}

function validatorTable({ seen, timeline, direction }: Result): string {
  const { set, members } = seen;
  const strangers = members.filter(({ id }) => !set.some((each) => each.id === id));
  const all = [...set, ...strangers.map(({ id }) => ({ id, weight: 0 }))];
  const podOf = (id: string) => members.find((each) => each.id === id)?.pod ?? "";
  const byPod = all.toSorted((one, other) => byName(podOf(one.id), podOf(other.id)));
  const rows = byPod.map(({ id, weight }) => {
    const member = members.find((each) => each.id === id);
    return [
      member?.pod ?? "not of this cluster",
      member?.revision ? (isNew(member, direction) ? "new" : "old") : "",
      seen.presences.get(id)?.state ?? "",
      seen.nodes.get(id)?.height ?? "",
      member ? seconds(timeline.absenceOf(id)) : "",
      weight,
      shortened(id),
    ];
  });
  return table(["validator", "revision", "is", "block", "not voting", "weight", "key"], rows);
}

/** Of a chain that loses nothing by a failure while one is being replaced. */
const ENOUGH: ValidatorSet = Array.from({ length: 7 }, (_, at) => ({ id: `${at}`, weight: 1 }));

/**
 * What the chain survives, at rest and while one is being replaced, and what seven would survive.
 */
export function enduranceTable(set: ValidatorSet): string {
  const own = enduranceOf(set);
  const row = ({ quorum, atRest, upgrading }: Endurance, name: string) => [
    name,
    quorum,
    atRest,
    upgrading < 0 ? "no block is made" : upgrading,
  ];
  const rows = [row(own, `**${own.validators}, as they are**`)];
  if (own.upgrading < 1) rows.push(row(enduranceOf(ENOUGH), `${ENOUGH.length} of one vote each`));
  return table(
    ["validators", "votes for a block", "may fail", "may fail while one is replaced"],
    rows,
  );
}

/** What keeps a plan from being applied: the first thing that a person reads of it. */
export function toMendFirst(findings: readonly Finding[]): string {
  const errors = findings.filter(({ level }) => level === "error").length;
  return errors > 0 ? `**Findings to mend first: ${errors}.**\n\n${findingTable(findings)}` : "";
}

/** What a plan ends with when nothing keeps it from being applied. */
export function nothingToMend(findings: readonly Finding[]): string {
  if (toMendFirst(findings)) return "";
  return findings.length > 0 ? findingTable(findings) : "Nothing is in the way.";
}

/** What is so of several places for one reason is told once. */
export function findingTable(findings: readonly Finding[]): string {
  const same = Map.groupBy(findings, ({ level, code, why, next }) =>
    JSON.stringify([level, code, why, next]),
  );
  const rows = [...same.values()].map((all) => {
    const [{ level, code, why, next }] = all as [Finding];
    const places = all.map(({ at }) => `**${at}**`).join(", ");
    return [level === "error" ? "🛑" : "⚠️", `${places} (\`${code}\`)<br>${why}<br>${next}`];
  });
  return table(["", "finding"], rows);
}

/** After a chain that made no block though nobody was missing. */
const STOOD_STILL =
  "Find out why it makes none: the validators' logs say what they wait for. Then run this again.";

const NEXT: Record<Exclude<Outcome, "done">, string> = {
  "taken-back": "Mend what is named, then release again.",
  held: "Mend what is named and run this again; or restore that validator from its snapshot.",
  paused: "Bring the validators back that do not vote, then run this again: it goes on.",
  stuck: "Bring that validator back by hand; then run this again: it goes on going back.",
};

function failureOf(result: Result): ActionError | undefined {
  const { outcome, failure, cause, snapshots, stoppedAfter } = result;
  if (outcome === "done") return undefined;
  const why = [...new Set([cause?.why, failure?.why])].filter(Boolean).join("\n");
  const kept = snapshots.map(([pod, name]) => `${pod}: VolumeSnapshot ${name}`).join(", ");
  const offer = outcome === "held" && kept ? ` There is ${kept}.` : "";
  const isJump = outcome === "held" && stoppedAfter !== undefined;
  return new ActionError(`rollout-${outcome}`, {
    what: `${titleOf(result)}.`,
    why: why || "An earlier run has turned back: its log says why.",
    next: isJump ? backTo(stoppedAfter) : `${nextAfter(outcome, result)}${offer}`,
  });
}

/** What was to be rolled out has failed: nobody is to be led there by mistake. */
const GOES_BACK =
  "Bring the validators back that do not vote, then run this again: it goes on going back. " +
  "Another version goes forward at once.";

function nextAfter(outcome: Exclude<Outcome, "done">, { failure, direction }: Result): string {
  if (outcome !== "paused") return NEXT[outcome];
  if (failure?.code === "chain-stood-still") return STOOD_STILL;
  return direction === "back" ? GOES_BACK : NEXT.paused;
}

/** What is left when the version that all were stopped for has made blocks. */
function backTo(height: number): string {
  return (
    "Mend what is named and run this again. To go back all the same, and lose every block after " +
    `${height} to everybody who has seen it, run this again with \`accept-loss: ${height}\`.`
  );
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
