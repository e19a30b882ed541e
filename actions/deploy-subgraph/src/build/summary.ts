import { table } from "@playbook/action";
import type { Query } from "../queries.ts";
import type { Change } from "./schema.ts";

type Told = {
  name: string;
  release: string;
  deployment: string;
  files: number;
  queries: Query[];
};

/** The job summary, which is also what is shown on a pull request. */
export function summarize(
  { name, release, deployment, files, queries }: Told,
  changes: Change[] | undefined,
): string {
  const asked = queries.map((one) => `\`${one.name}\``).join(", ");
  const rows = [
    ["Deployment", `\`${deployment}\``],
    ["Files", String(files)],
    ["Queries that it has to answer", asked || "none"],
  ];
  return [`## Subgraph \`${name}\` · ${release}`, schemaText(changes), table(["", ""], rows)].join(
    "\n\n",
  );
}

function schemaText(changes: Change[] | undefined): string {
  if (!changes) return "The schema was not compared with the live one.";
  if (changes.length === 0) return "The schema breaks no client of the live one.";
  const rows = changes.map(({ where, what }) => [`\`${where}\``, what]);
  return `### Breaks clients of the live one\n\n${table(["Of the schema", "Change"], rows)}`;
}

/** One change a line. */
export function breakingText(changes: Change[]): string {
  return changes.map(({ where, what }) => `${where} ${what}`).join("\n");
}
