import { table } from "@playbook/action";
import type { Query } from "@playbook/subgraph";
import type { Change } from "../schema/changes.ts";
import type { Compared } from "./compare.ts";

type Told = {
  name: string;
  release: string;
  deployment: string;
  files: number;
  queries: Query[];
};

/** The job summary, which is also what is shown on a pull request. */
export function summarize(told: Told, compared: Compared): string {
  const { name, release, deployment, files, queries } = told;
  const asked = queries.map((one) => `\`${one.name}\``).join(", ");
  const rows = [
    ["Deployment", `\`${deployment}\``],
    ...(compared.live ? [["Live", `\`${compared.live}\``]] : []),
    ["Files", String(files)],
    ["Queries that it has to answer", asked || "none"],
  ];
  return [
    `## Subgraph \`${name}\` · ${release}`,
    ...schemaTexts(compared),
    ...queryTexts(compared),
    table(["", ""], rows),
  ].join("\n\n");
}

function schemaTexts({ changes }: Compared): string[] {
  if (!changes) return ["The schema was not compared with the live one."];
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
    changes.map(({ where, what }) => [`\`${where}\``, what]),
  );
}

function queryTexts({ broken }: Compared): string[] {
  if (broken.length === 0) return [];
  const rows = broken.map(({ name, why, isLive }) => [
    `\`${name}\``,
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
