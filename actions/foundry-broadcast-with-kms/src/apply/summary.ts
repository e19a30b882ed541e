import { type Cell, table } from "@playbook/action";
import {
  type ChainDone,
  explorerLink,
  type Plan,
  type PlannedChain,
  type Step,
  type StepResult,
  stepsOn,
} from "@playbook/evm";
import { formatUnits } from "ethers";
import type { StoredManifest } from "./manifest.ts";

type Told = {
  plan: Plan;
  done: Map<string, ChainDone>;
  /** Transactions that this run sent. */
  sent: number;
  stored: StoredManifest;
};

/** The job summary of a release that is complete. */
export function summarize({ plan, done, sent, stored }: Told): string {
  const { release, environment } = plan.deployment;
  const parts = [
    `## Contracts ${release} on ${environment}`,
    `${count(plan.steps.length, "step")} on ${count(plan.chains.length, "chain")}, all final. ${said(sent)}`,
    table(
      ["chain", "steps", "contracts", "gas", "cost"],
      plan.chains.map((chain) => totals(plan, chain, done.get(chain.name))),
    ),
    ...plan.chains.map((chain) => details(plan, chain, done.get(chain.name))),
    `Manifest: \`${stored.location}\` (\`${stored.digest}\`)`,
  ];
  return parts.join("\n\n");
}

/** The job summary of a run after which chains of the release are left. */
export function summarizePart({ plan, done, sent }: Omit<Told, "stored">): string {
  const { release, environment } = plan.deployment;
  const ended = plan.chains.filter(({ name }) => done.has(name));
  const failed = ended.filter(({ name }) => done.get(name)?.outcome === "failed");
  const left = plan.chains.filter(({ name }) => !done.has(name));
  const parts = [
    `## Contracts ${release} on ${environment}`,
    `${count(ended.length, "chain")} of ${plan.chains.length} done. ${said(sent)}`,
    table(
      ["chain", "steps", "contracts", "gas", "cost"],
      ended.map((chain) => totals(plan, chain, done.get(chain.name))),
    ),
    ...(failed.length > 0 ? [`Chains with a step that reverted: ${names(failed)}.`] : []),
    `Chains left: ${names(left)}. The run that sees them all done finishes the release.`,
  ];
  return parts.join("\n\n");
}

function names(chains: PlannedChain[]): string {
  return chains.map(({ name }) => `**${name}**`).join(", ");
}

function said(sent: number): string {
  return sent === 0 ? "Nothing had to be sent." : `This run sent ${count(sent, "transaction")}.`;
}

function totals(plan: Plan, chain: PlannedChain, done: ChainDone | undefined): Cell[] {
  const results = done?.results ?? [];
  const steps = stepsOn(plan, chain.name);
  const gas = results.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
  const fee = results.reduce((sum, one) => sum + one.fee, 0n);
  const created = steps.flatMap(({ creates }) => creates).length;
  return [`**${chain.name}**`, steps.length, created, gas.toLocaleString("en"), cost(chain, fee)];
}

function details(plan: Plan, chain: PlannedChain, done: ChainDone | undefined): string {
  const results = new Map(done?.results.map((result) => [result.step, result]));
  const rows = stepsOn(plan, chain.name).map((step) => row(chain, step, results.get(step.id)));
  const body = table(["", "step", "contract", "transaction", "cost"], rows);
  return `<details><summary>${chain.name}: every step</summary>\n\n${body}\n\n</details>`;
}

function row(chain: PlannedChain, step: Step, result: StepResult | undefined): Cell[] {
  const contracts = step.creates.map(({ address }) => linked(chain, "address", address));
  const sent = result ? linked(chain, "tx", result.hash) : "";
  const paid = result ? cost(chain, result.fee) : "";
  return [step.nonce, code(step.label), contracts.join("<br>"), sent, paid];
}

function linked({ metadata }: PlannedChain, kind: "tx" | "address", value: string): string {
  const link = explorerLink(metadata, kind, value);
  const short = `${value.slice(0, 10)}…${value.slice(-4)}`;
  return link ? `[\`${short}\`](${link})` : code(kind === "address" ? value : short);
}

function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

function cost({ metadata }: PlannedChain, wei: bigint): string {
  const { decimals, symbol } = metadata.nativeToken;
  const amount = Number(formatUnits(wei, decimals));
  return `${amount.toLocaleString("en", { maximumSignificantDigits: 4 })} ${symbol}`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
