import { code, shortRelease, table } from "@playbook/action";
import type { Query } from "@playbook/subgraph";
import type { Change } from "../schema/changes.ts";
import type { Compared } from "./compare.ts";

/** A data source as the build has it. */
export type BuiltSource = { name: string; network: string; address: string; startBlock: number };

type Told = {
  name: string;
  release: string;
  deployment: string;
  files: number;
  queries: Query[];
  sources: BuiltSource[];
};

/** The job summary, which is also what is shown on a pull request. */
export function summarize(told: Told, compared: Compared): string {
  const { name, release, deployment, files, queries } = told;
  const asked = queries.map((one) => code(one.name)).join(", ");
  const rows = [
    ["Deployment", code(deployment)],
    ...(compared.live ? [["Live", code(compared.live)]] : []),
    ["Files", String(files)],
    ["Queries that it has to answer", asked || "none"],
  ];
  return [
    `## Subgraph ${code(name)} · ${code(shortRelease(release))}`,
    ...schemaTexts(name, compared),
    ...queryTexts(compared),
    table(["", ""], rows),
    sourceTable(told.sources),
  ].join("\n\n");
}

function sourceTable(sources: BuiltSource[]): string {
  return table(
    ["Data source", "Network", "Address", "From block"],
    sources.map(({ name, network, address, startBlock }) => [
      ...[code(name), network, address ? code(address) : "any", startBlock],
    ]),
  );
}

function schemaTexts(name: string, { changes, live }: Compared): string[] {
  if (!changes) return ["The schema was not compared with the live one."];
  if (!live) return [`Nothing serves as ${code(name)} yet: there is nobody to break.`];
  const { breaking, dangerous, harmless } = changes;
  const others = harmless.length === 1 ? "1 other change" : `${harmless.length} other changes`;
  return [
    ...(breaking.length === 0
      ? ["The schema breaks no client of the live one."]
      : [`### Breaks clients of the live one\n\n${changeTable(breaking)}`]),
    ...(dangerous.length > 0
      ? [`### May surprise clients of the live one\n\n${changeTable(dangerous)}`]
      : []),
    ...(harmless.length > 0
      ? [`<details><summary>${others}</summary>\n\n${changeTable(harmless)}\n\n</details>`]
      : []),
  ];
}

function changeTable(changes: Change[]): string {
  return table(
    ["Of the schema", "Change"],
    changes.map(({ where, what }) => [code(where), what]),
  );
}

function queryTexts({ broken }: Compared): string[] {
  if (broken.length === 0) return [];
  const rows = broken.map(({ name, why, isLive }) => [
    code(name),
    why.join(" "),
    isLive === undefined ? "" : isLive ? "yes" : "no",
  ]);
  return [
    `### Own queries that it refuses\n\n${table(["Query", "Why", "Good for the live one"], rows)}`,
  ];
}

/** One change a line. */
export function breakingText(changes: Change[]): string {
  return changes.map(({ where, what }) => `${where} ${what}`).join("\n");
}
