import type { Change } from "./changes.ts";
import type { History } from "./history.ts";
import type { Version } from "./version.ts";

/** The release notes: what users have to do something about comes first. */
export function notes({ tag }: Version, { since, changes, runs, beside }: History): string {
  if (!since) return `## ${tag}\n\nThe first release.\n`;
  const sections = [
    `## ${tag}`,
    `Since ${since.tag}.`,
    ...section("Breaking", told(changes.filter(({ breaking }) => breaking))),
    ...section("New", told(changes.filter(({ breaking }) => !breaking))),
    ...section("What changed", runs),
    ...folded("Tests, documents and tools", beside),
  ];
  return `${sections.join("\n\n")}\n`;
}

function told(changes: Change[]): string[] {
  return changes
    .toSorted((one, other) => one.area.localeCompare(other.area))
    .map(({ area, what }) => `**${area}:** ${what}.`);
}

function section(title: string, items: string[]): string[] {
  return items.length > 0 ? [`### ${title}`, list(items)] : [];
}

function folded(title: string, items: string[]): string[] {
  if (items.length === 0) return [];
  const summary = `<details><summary>${title}</summary>`;
  return [summary, list(items), "</details>"];
}

function list(items: string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
