import { type Context, table } from "@playbook/action";
import { harmless, keepComment, type Octokit } from "@playbook/github";
import { commentAbout, commitLink } from "@playbook/preview";
import { queryUrl, type Verdict } from "@playbook/subgraph";
import { type Place, previewName } from "./place.ts";

/** How a preview stands. */
export type Standing = {
  pull: number;
  sha: string;
  deployment: string;
} & (
  | { state: "syncing"; line: string }
  | { state: "synced"; line: string; verdicts: Verdict[] }
  | { state: "failed"; line: string }
);

/**
 * Keeps the one comment of a pull request's preview. Resolves to its URL, and whether it is newer.
 */
export function say(
  place: Place,
  pull: number,
  { body, isNotMade = false }: { body: string; isNotMade?: boolean },
  octokit: Octokit,
  context: Context,
): Promise<{ url: string; newer: boolean }> {
  const comment = commentAbout(place.name, place, pull);
  return keepComment(octokit, { ...comment, body, isNotMade }, context);
}

/** What the comment says of a preview: what is not ours in it is made harmless. */
export function standingText(place: Place, standing: Standing): string {
  const { pull, sha, deployment, line } = standing;
  const own = previewName(place.name, pull);
  return [
    `**Subgraph \`${own}\`** of ${commitLink(place, sha)} ${headOf(standing)}`,
    harmless(line),
    ...(standing.state === "synced" ? [verdictText(standing.verdicts)] : []),
    ...(standing.state === "failed" ? [] : [`Queries go to \`${queryUrl(place.query, own)}\`.`]),
    `<sub>Deployment \`${deployment}\`</sub>`,
  ].join("\n\n");
}

function headOf(standing: Standing): string {
  if (standing.state === "syncing") return "is catching up.";
  if (standing.state === "failed") return "**failed** while it was indexed.";
  const all = standing.verdicts.length;
  const refused = standing.verdicts.filter(({ why }) => why !== undefined).length;
  if (refused === 0) return "has caught up.";
  return (
    `has caught up, and **${refused} of ${all} own queries** ` +
    `${refused === 1 ? "is" : "are"} not answered as expected.`
  );
}

/** What is left of the reason for which a query fails, in characters. */
const SHOWN = 600;

function verdictText(verdicts: Verdict[]): string {
  if (verdicts.length === 0) return "The repository has no queries that it could be held to.";
  const rows = verdicts.map(({ name, why }) => [
    nameText(name),
    why ? headline(why) : "as expected",
  ]);
  return harmless([table(["Own query", "Answered"], rows), ...verdicts.map(detailText)].join("\n"));
}

const nameText = (name: string) => `\`${name.replaceAll("`", "'")}\``;

const headline = (why: string) => (why.split("\n")[0] ?? "").replace(/:$/, "").slice(0, SHOWN);

/**
 * Beneath the table, line by line: what was expected with a minus, what was answered with a plus.
 */
function detailText({ name, why = "" }: Verdict): string {
  const [, ...lines] = why.slice(0, SHOWN).split("\n");
  if (lines.length === 0) return "";
  // Set in, no line of theirs ends the block.
  const shown = lines.map((line) => line.replace(/^(?![-+] )/, "  "));
  return ["", `${nameText(name)}: ${headline(why)}`, "", "```diff", ...shown, "```"].join("\n");
}

/** What it says once there is none any more. */
export function goneText({ name }: Place, pull: number): string {
  return `Subgraph \`${previewName(name, pull)}\` was taken away: the pull request is closed.`;
}
