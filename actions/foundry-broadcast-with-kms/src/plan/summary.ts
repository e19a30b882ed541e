import { type Cell, table } from "@playbook/action";
import {
  explorerLink,
  type Plan,
  type PlannedChain,
  planDigest,
  type Step,
  stepsOn,
  type Wei,
} from "@playbook/evm";
import { formatUnits } from "ethers";
import { reduced } from "./dependency.ts";
import { difference } from "./difference.ts";
import { graph } from "./graph.ts";
import type { Written } from "./written.ts";

export type Findings = {
  /** Gas that each step used in the simulation, by its id. */
  used: Map<string, number>;
  written: Written[];
  warnings: string[];
};

/** The plan for a person who has to approve it, as Markdown. */
export function summarize(plan: Plan, { used, written, warnings }: Findings): string {
  const { environment, release, repository } = plan.deployment;
  const head = [
    `## Contracts: ${environment} · ${release}`,
    plan.steps.length === 0 ? "**Nothing would change:** the scripts send no transaction." : "",
    `${repository} · sent by \`${plan.sender}\` · plan \`${planDigest(plan)}\``,
    ...warnings.map((warning) => `> [!WARNING]\n> ${warning}`),
    plan.scripts.map(({ line }, at) => `${at + 1}. \`${line.replaceAll("`", "'")}\``).join("\n"),
  ];
  const body = plan.steps.length === 0 ? [] : [totals(plan, used), ...chapters(plan, used)];
  const parts = [...head, ...body, picture(plan), files(written)];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

type Used = Findings["used"];

function totals(plan: Plan, used: Used): string {
  const rows = plan.chains.map((chain) => {
    const steps = stepsOn(plan, chain.name);
    const value = steps.reduce((all, step) => all + step.value, 0n);
    const gas = steps.reduce((all, step) => all + gasOf(step, used), 0);
    const limit = steps.reduce((all, step) => all + step.gas, 0);
    return [
      chain.name,
      steps.length,
      gas.toLocaleString("en"),
      money(chain, cost(chain, gas) + value),
      money(chain, cost(chain, limit) + value),
    ];
  });
  return table(["Chain", "Steps", "Gas", "Cost, with values sent", "At most, at this price"], rows);
}

function chapters(plan: Plan, used: Used): string[] {
  return plan.chains.flatMap((chain) => {
    const steps = stepsOn(plan, chain.name);
    if (steps.length === 0) return [];
    const nearest = reduced(steps);
    const rows = steps.map((step) => row(step, nearest.get(step.id) ?? [], chain, used));
    const head = ["#", "Step", "Waits for receipts of", "Gas", "Cost"];
    return [`### ${chain.name}`, table(head, rows), contracts(steps, chain)];
  });
}

function row(step: Step, after: string[], chain: PlannedChain, used: Used): Cell[] {
  const gas = gasOf(step, used);
  return [
    position(step.id),
    code(step.label),
    step.waits && after.length > 0 ? `${after.map(position).join(", ")} (${step.waits})` : "",
    gas.toLocaleString("en"),
    money(chain, cost(chain, gas)),
  ];
}

function contracts(steps: Step[], { metadata }: PlannedChain): string {
  const rows = steps.flatMap(({ id, creates }) =>
    creates.map(({ address, contract }) => {
      const link = explorerLink(metadata, "address", address);
      const shown = link ? `[\`${address}\`](${link})` : `\`${address}\``;
      return [position(id), contract ? code(contract) : "without a name", shown];
    }),
  );
  if (rows.length === 0) return "";
  const title = `<summary>${rows.length} new contract${rows.length === 1 ? "" : "s"}</summary>`;
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

function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

function cost({ gasPrice }: PlannedChain, gas: number): Wei {
  return BigInt(gas) * gasPrice;
}

/** In the chain's native token, to four digits that say something. */
function money({ metadata }: PlannedChain, amount: Wei): string {
  const { symbol, decimals } = metadata.nativeToken;
  const exact = Number(formatUnits(amount, decimals));
  return `${exact.toLocaleString("en", { maximumSignificantDigits: 4 })} ${symbol}`;
}
