import { type Cell, code, count, table } from "@playbook/action";
import { linked, money } from "@playbook/broadcast";
import { dataFee, type Wei } from "@playbook/evm";
import type { Refusal, Sources } from "@playbook/hyperlane";
import type { PlannedPart } from "./plan-one.ts";

/** What a person approves. */
export function summarize(
  parts: readonly PlannedPart[],
  unreached: readonly { name: string; why: string }[],
  overruled: readonly Refusal[],
  { left, nobodys }: Pick<Sources, "left" | "nobodys">,
  doubts: readonly string[],
): string {
  const open = parts.filter(({ plan, entry }) => plan !== null || entry.proposals.length > 0);
  const title =
    open.length === 0
      ? "## Hyperlane: nothing to do"
      : `## Hyperlane: ${count(open.length, "chain")} of ${parts.length} to change`;
  const rows = parts.map((part): Cell[] => {
    const steps = part.plan?.steps ?? [];
    const created = steps.filter(({ kind }) => kind !== "call").length;
    return [
      part.entry.name,
      created,
      steps.length - created,
      part.entry.proposals.length,
      steps.reduce((sum, { gas }) => sum + gas, 0).toLocaleString("en"),
      money(part.planned, mostOf(part)),
    ];
  });
  const head = ["Chain", "Create", "Call", "Propose", "Gas, at most", "Cost, at most"];
  return [
    title,
    table(head, rows),
    ...unreached.map(({ name, why }) => `⚠️ **${name}** is left for the next run. ${why}`),
    ...overruledOf(overruled),
    ...doubts.map((doubt) => `⚠️ ${doubt}`),
    nobodys.length > 0 &&
      `⚠️ **${nobodys.join(", ")}**: no chain of the registry has these ` +
        "configs, and nothing is done for them.",
    left.length > 0 &&
      `**${someOf(left)}**: Hyperlane is there, and no config says what it ` +
        "shall be. Its contracts stay as they are; agents that are listed no more " +
        "retire with deploy-hyperlane-agents.",
    ...parts.flatMap(({ entry }) => scheduledIn(entry)),
    changesOf(parts),
    ...open.map(detailsOf),
  ]
    .filter(Boolean)
    .join("\n\n");
}

/** What only time stands in the way of. */
function scheduledIn({ name, scheduled }: PlannedPart["entry"]): string[] {
  return scheduled.map(({ by, label, from }) => {
    const since = new Date(from * 1_000).toISOString().replace(/\.000Z$/, "Z");
    const when = `can be executed from ${since} on, which a later plan has`;
    return `⏳ **${name}**: ${code(label)} is scheduled in the timelock ${code(by)}, and ${when}.`;
  });
}

/** The same of several chains is told once. */
function overruledOf(refusals: readonly Refusal[]): string[] {
  const alike = Map.groupBy(
    refusals,
    ({ why, overruledBy }) => `${why} Overruled by \`${overruledBy}\`.`,
  );
  return [...alike].map(([words, all]) => {
    const chains = new Set(all.map(({ chain }) => chain));
    return `⚠️ **${[...chains].join(", ")}**: ${words}`;
  });
}

/** A whole registry of others' has hundreds. */
const MOST_NAMES = 20;

function someOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  if (more <= 0) return names.join(", ");
  return `${names.slice(0, MOST_NAMES).join(", ")} and ${more} more`;
}

/** Of all the gas that the steps' limits allow, and the data at twice its price. */
function mostOf({ plan, planned }: PlannedPart): Wei {
  const { gasPrice, dataPrice } = planned;
  return (plan?.steps ?? []).reduce(
    (sum, { gas, data }) =>
      sum + BigInt(gas) * gasPrice + dataFee({ type: "legacy", gasPrice, data: dataPrice }, data),
    0n,
  );
}

function changesOf(parts: readonly PlannedPart[]): string {
  const rows = parts.flatMap(({ entry }) =>
    entry.changes.map(({ subject, from, to }) => [entry.name, subject, code(from), code(to)]),
  );
  if (rows.length === 0) return "";
  return `### What differs\n\n${table(["Chain", "What", "Is", "Shall be"], rows)}`;
}

function detailsOf({ entry, plan, planned }: PlannedPart): string {
  const steps = (plan?.steps ?? []).map(({ nonce, label, creates }) => {
    const made = creates.map(({ address }) => linked(planned, "address", address)).join(" ");
    return [nonce, code(label), made];
  });
  const proposals = entry.proposals.map(({ by, label, to }) => [
    linked(planned, "address", by),
    code(label),
    linked(planned, "address", to),
  ]);
  const parts = [
    steps.length > 0 ? table(["Nonce", "Step", "Makes"], steps) : "",
    proposals.length > 0 ? table(["Whose it is", "Proposal", "To"], proposals) : "",
  ].filter(Boolean);
  const what = `${count(steps.length, "step")}, ${count(proposals.length, "proposal")}`;
  return [`<details><summary>${entry.name}: ${what}</summary>`, ...parts, "</details>"].join(
    "\n\n",
  );
}
