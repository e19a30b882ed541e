import { type Cell, code, count, table } from "@playbook/action";
import { linked, money } from "@playbook/broadcast";
import {
  type ChainDone,
  type Plan,
  type PlannedChain,
  planDigest,
  type Step,
  type StepResult,
  stepsOn,
} from "@playbook/evm";
import { partOf } from "../parts.ts";
import { rightsFound } from "../rights/shown.ts";
import { leftovers } from "./attempt.ts";
import { addressesOf, type StoredManifest } from "./manifest.ts";
import type { Verdict } from "./rights.ts";

type Told = {
  plan: Plan;
  done: Map<string, ChainDone>;
  /** Transactions that this run sent. */
  sent: number;
  stored: StoredManifest;
  verdict?: Verdict | undefined;
};

/** As many addresses stand side by side whole. */
const WHOLE = 2;

/** The job summary of a release that is complete. */
export function summarize({ plan, done, sent, stored, verdict }: Told): string {
  const steps = `${count(plan.steps.length, "step")} on ${count(plan.chains.length, "chain")}`;
  const parts = [
    title(plan),
    `${steps}, all final. ${said(sent)}`,
    totals(plan, plan.chains, done),
    contracts(plan),
    rightsFound(verdict),
    leftovers(plan, stored.manifest),
    ...plan.chains.map((chain) => details(plan, chain, done.get(chain.name))),
    origin(plan),
    `Manifest: \`${stored.location}\` (\`${stored.digest}\`)`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The job summary of a run after which chains of the release are left. */
export function summarizePart({ plan, done, sent }: Omit<Told, "stored" | "verdict">): string {
  const ended = plan.chains.filter(({ name }) => done.has(name));
  const failed = ended.filter(({ name }) => done.get(name)?.outcome === "failed");
  const left = plan.chains.filter(({ name }) => !done.has(name));
  const parts = [
    title(plan),
    `${count(ended.length, "chain")} of ${plan.chains.length} done. ${said(sent)}`,
    totals(plan, ended, done),
    ...(failed.length > 0 ? [`Chains with a step that reverted: ${names(failed)}.`] : []),
    `Chains left: ${names(left)}. The run that sees them all done finishes the release.`,
    origin(plan),
  ];
  return parts.join("\n\n");
}

function title(plan: Plan): string {
  const { environment, release } = plan.deployment;
  return (
    "## Released contracts: " +
    `${[environment, release, partOf(plan)].filter(Boolean).join(" · ")}`
  );
}

function origin(plan: Plan): string {
  return `Sent by \`${plan.sender}\` · plan \`${planDigest(plan)}\``;
}

function names(chains: PlannedChain[]): string {
  return chains.map(({ name }) => `**${name}**`).join(", ");
}

function said(sent: number): string {
  return sent === 0 ? "Nothing had to be sent." : `This run sent ${count(sent, "transaction")}.`;
}

function totals(plan: Plan, chains: PlannedChain[], done: Map<string, ChainDone>): string {
  const rows = chains.map((chain): Cell[] => {
    const results = done.get(chain.name)?.results ?? [];
    const steps = stepsOn(plan, chain.name);
    const gas = results.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
    const fee = results.reduce((sum, one) => sum + one.fee, 0n);
    const created = steps.flatMap(({ creates }) => creates).length;
    const amounts = [gas.toLocaleString("en"), money(chain, fee), money(chain, valuesOf(steps))];
    return [`**${chain.name}**`, steps.length, created, ...amounts];
  });
  return table(["Chain", "Steps", "Contracts", "Gas", "Fees", "Values sent"], rows);
}

function valuesOf(steps: Step[]): bigint {
  return steps.reduce((sum, { value }) => sum + value, 0n);
}

/**
 * What most people come for: a row a contract, a column a chain, named as in the output
 * `addresses`.
 */
function contracts(plan: Plan): string {
  const found = Object.entries(addressesOf(plan)).filter(([, all]) => Object.keys(all).length > 0);
  const all = [...new Set(found.flatMap(([, addresses]) => Object.keys(addresses)))];
  if (all.length === 0) return "";

  const chains = found.flatMap(([name]) => plan.chains.filter((chain) => chain.name === name));
  const rows = all.map((name) => [
    code(name) + behind(plan, name),
    ...chains.map((chain, column) => {
      const address = found[column]?.[1][name];
      return address ? linked(chain, "address", address, shorter(address, chains.length)) : "";
    }),
  ]);
  return table(["Contract", ...chains.map(({ name }) => name)], rows);
}

/** A proxy's own name says little: what it stood before when it was made is in its step's label. */
function behind(plan: Plan, name: string): string {
  const address = Object.values(addressesOf(plan)).flatMap((all) => all[name] ?? [])[0];
  const maker = plan.steps.find(({ creates }) => creates.some((one) => one.address === address));
  const [, first] = /^new \w+Proxy(?:\{.*?\})?\((\w+)[,)]/.exec(maker?.label ?? "") ?? [];
  return first && /Proxy(#\d+)?$/.test(name) ? ` of ${code(first)}` : "";
}

function shorter(address: string, columns: number): string {
  return columns > WHOLE ? `${address.slice(0, 6)}…${address.slice(-4)}` : address;
}

function details(plan: Plan, chain: PlannedChain, done: ChainDone | undefined): string {
  const results = new Map(done?.results.map((result) => [result.step, result]));
  const steps = stepsOn(plan, chain.name);
  const rows = steps.map((step) => row(chain, step, results.get(step.id)));
  const body = table(["Nonce", "Step", "Transaction", "Fee"], rows);
  const head = `${chain.name}: ${count(steps.length, "step")}`;
  return `<details><summary>${head}</summary>\n\n${body}\n\n</details>`;
}

function row(chain: PlannedChain, step: Step, result: StepResult | undefined): Cell[] {
  const { nonce, label } = step;
  if (!result) return [nonce, code(label), "", ""];
  const sent = linked(chain, "tx", result.hash, `${result.hash.slice(0, 10)}…`);
  return [nonce, code(label), sent, money(chain, result.fee)];
}
