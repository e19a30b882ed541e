import { code, shortRelease, table } from "@playbook/action";
import type { Query, Status } from "@playbook/subgraph";
import { type LostBlock, lostBlockText } from "./lost-block.ts";
import type { Entry, Release } from "./releases.ts";

/** What a run has come to, with the deployment that served before it. */
export type Outcome = { before: string | null; changed: boolean } & (
  | { state: "live"; status: Status | null }
  | { state: "syncing"; line: string }
  | { state: "superseded"; by: Entry }
);

type Told = {
  name: string;
  ownName: string;
  own: Release;
  queries: Query[];
  url: string;
  /** What served before stood on a block that is gone. */
  lost?: LostBlock | undefined;
};

/** The job summary. */
export function summarize(told: Told, outcome: Outcome): string {
  const { name, own } = told;
  return [
    `## Subgraph ${code(name)} · ${code(shortRelease(own.release))}`,
    said(told, outcome),
    ...(told.lost ? [`\`lost-block\`: as this run began, ${lostBlockText(told.lost)}`] : []),
    rows(told, outcome),
  ].join("\n\n");
}

function said({ name, ownName, own, url }: Told, outcome: Outcome): string {
  const release = code(shortRelease(own.release));
  switch (outcome.state) {
    case "live":
      return outcome.changed
        ? `${release} serves under ${url}. It was whole before it was put there.`
        : `${release} serves under ${url}, as it did before.`;
    case "syncing":
      return (
        `${outcome.line}\n\nWhat served before goes on serving. Run ` +
        "the same release again: it goes on."
      );
    case "superseded":
      return (
        `${code(shortRelease(outcome.by.release))} serves as ${code(name)}: it is ` +
        `newer, or took this one's place. ${code(ownName)} is left as it is; ` +
        "`rollback: true` puts it in place."
      );
  }
}

function rows({ ownName, own, queries, url }: Told, outcome: Outcome): string {
  const status = outcome.state === "live" ? outcome.status : null;
  const cells = [
    ["Deployment", code(own.deployment)],
    ["Before", outcome.before ? code(outcome.before) : "nothing"],
    ["Its own name", code(ownName)],
    ...(status?.block ? [["Block", `${status.block} of ${status.head}`]] : []),
    ...(status?.entities ? [["Entities", status.entities]] : []),
    ["Queries", queries.length > 0 ? queries.map(({ name }) => code(name)).join(", ") : "none"],
    ["URL", url],
  ];
  return table(["", ""], cells);
}
