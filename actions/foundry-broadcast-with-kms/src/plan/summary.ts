import { type Cell, code, count, table } from "@playbook/action";
import { linked, money } from "@playbook/broadcast";
import { type Plan, type PlannedChain, planDigest, type Step, stepsOn } from "@playbook/evm";
import { partOf } from "../parts.ts";
import { rightsPlanned } from "../rights/shown.ts";
import { costOf, partsOfCost } from "./cost.ts";
import { reduced } from "./dependency.ts";
import { difference } from "./difference.ts";
import { graph } from "./graph.ts";
import { type Judged, upgradesTable } from "./upgrade/verdict.ts";
import type { Written } from "./written.ts";

/** A plan with more steps on several chains begins with its chains, each to be opened. */
const SHORT = 30;

export type Findings = {
  /** Gas that each step used in the simulation, by its id. */
  used: Map<string, number>;
  written: Written[];
  warnings: string[];
  upgrades?: Judged[];
  /** What is said of the release that this one repeats. */
  promotion?: string | undefined;
};

/** The plan for a person who has to approve it, as Markdown. */
export function summarize(
  plan: Plan,
  { used, written, warnings, upgrades = [], promotion = "" }: Findings,
): string {
  const { environment, release, repository } = plan.deployment;
  const head = [
    `## Contracts: ${[environment, release, partOf(plan)].filter(Boolean).join(" · ")}`,
    plan.steps.length === 0 ? "**Nothing would change:** the scripts send no transaction." : "",
    `${repository} · sent by \`${plan.sender}\` · plan \`${planDigest(plan)}\``,
    ...warnings.map((warning) => `> [!WARNING]\n> ${warning}`),
    sequence(plan),
  ];
  const body =
    plan.steps.length === 0
      ? []
      : [totals(plan, used), partsOfCost(plan, used), ...chapters(plan, used)];
  const ruled = [promotion, upgradesTable(upgrades), rightsPlanned(plan.rights)];
  const parts = [...head, ...body, ...ruled, picture(plan), files(written)];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** The scripts in order; of a part also those before and after it, and what is not seen here. */
function sequence({ deployment: { part }, scripts, stepwise }: Plan): string {
  const lines = stepwise?.scripts ?? scripts.map(({ line }) => line);
  const items = lines.map((line, at) => {
    const shown = `${at + 1}. ${line.split("\n").map(code).join("<br>")}`;
    if (part === undefined || part - 1 < at) return shown;
    return part - 1 === at ? `${shown} ← **this plan**` : `${shown} (done before it)`;
  });
  const left = part === undefined ? 0 : lines.length - part;
  if (left === 0) return items.join("\n");
  const unseen = `What the ${left === 1 ? "script" : `${left} scripts`} after it will send is not shown:`;
  return `${items.join("\n")}\n\n${unseen} it can be planned only when this plan is on the chains.`;
}

type Used = Findings["used"];

function totals(plan: Plan, used: Used): string {
  const rows = plan.chains.map((chain) => {
    const steps = stepsOn(plan, chain.name);
    const gas = steps.reduce((all, step) => all + gasOf(step, used), 0);
    const { expected, most } = costOf(plan, chain, used);
    const amounts = [gas.toLocaleString("en"), money(chain, expected), money(chain, most)];
    return [chain.name, steps.length, ...amounts];
  });
  return table(["Chain", "Steps", "Gas", "Cost, with values sent", "At most, at this price"], rows);
}

function chapters(plan: Plan, used: Used): string[] {
  const chains = plan.chains.filter(({ name }) => stepsOn(plan, name).length > 0);
  const folded = chains.length > 1 && plan.steps.length > SHORT;
  const parts = chains.map((chain) => {
    const steps = stepsOn(plan, chain.name);
    const nearest = reduced(steps);
    const rows = steps.map((step) => row(step, nearest.get(step.id) ?? [], used));
    const made = contracts(steps, chain);
    const body = `${table(["#", "Step", "Waits for", "Gas"], rows)}${made && `\n\n${made}`}`;
    if (!folded) return `### ${chain.name}\n\n${body}`;
    const title = `${html(chain.name)}: ${count(steps.length, "step")}`;
    return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
  });
  return folded ? [delicate(plan), ...parts] : parts;
}

/**
 * What is not to be overlooked behind a fold: each such step once, with all places that have it.
 */
function delicate({ steps }: Plan): string {
  const careful = steps.filter(({ waits }) => waits !== null);
  const groups = Map.groupBy(careful, ({ waits, label }) => `${waits} ${label}`);
  const rows = [...groups.values()].map((same) => [
    code(same[0]?.label ?? ""),
    same[0]?.waits ?? "",
    same.map(({ id }) => id.replace("/", "\u00a0")).join(", "),
  ]);
  if (rows.length === 0) return "";
  return `### Value, roles, ownership, upgrades\n\n${table(["Step", "Concerns", "Where"], rows)}`;
}

function row(step: Step, after: string[], used: Used): Cell[] {
  return [
    position(step.id),
    code(step.label),
    step.waits && after.length > 0 ? `${after.map(position).join(", ")} (${step.waits})` : "",
    gasOf(step, used).toLocaleString("en"),
  ];
}

function contracts(steps: Step[], chain: PlannedChain): string {
  const rows = steps.flatMap(({ id, creates }) =>
    creates.map(({ address, contract }) => [
      position(id),
      contract ? code(contract) : "without a name",
      linked(chain, "address", address),
    ]),
  );
  if (rows.length === 0) return "";
  const title = `<summary>${count(rows.length, "new contract")}</summary>`;
  return `<details>${title}\n\n${table(["Step", "Contract", "Address"], rows)}\n\n</details>`;
}

function picture(plan: Plan): string {
  const drawn = graph(plan);
  return drawn ? `### What depends on what\n\n\`\`\`mermaid\n${drawn}\n\`\`\`` : "";
}

function files(written: Written[]): string {
  if (written.length === 0) return "";
  const parts = written.map((file) => {
    const title = `${file.before ? "changed" : "new"}: <code>${html(file.path)}</code>`;
    const lines = difference(file).join("\n").replaceAll("```", "'''");
    return `<details><summary>${title}</summary>\n\n\`\`\`diff\n${lines}\n\`\`\`\n\n</details>`;
  });
  return ["### Files taken over when it has succeeded", ...parts].join("\n\n");
}

function gasOf({ id }: Step, used: Used): number {
  return used.get(id) ?? 0;
}

function position(id: string): string {
  return id.split("/").at(-1) ?? id;
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
