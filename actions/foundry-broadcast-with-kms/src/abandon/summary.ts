import { type Cell, code, count, table } from "@playbook/action";
import { linked } from "@playbook/broadcast";
import {
  type ChainDone,
  type Plan,
  type PlannedChain,
  type StepResult,
  stepsOn,
} from "@playbook/evm";
import { addressesOf, type StoredManifest } from "../apply/manifest.ts";

type Told = {
  plan: Plan;
  done: Map<string, ChainDone>;
  /** Transactions that this run sent. */
  sent: number;
  stored: StoredManifest;
};

/** Contracts that exist although the release was given up: chain to name to address. */
export function standing(plan: Plan, done: Map<string, ChainDone>) {
  const effective = new Set(effects(done).map(({ step }) => step));
  return addressesOf({ ...plan, steps: plan.steps.filter(({ id }) => effective.has(id)) });
}

/** The job summary of a release that was given up. */
export function summarizeAbandoned({ plan, done, sent, stored }: Told): string {
  const { environment, release } = plan.deployment;
  const steps = count(plan.steps.length, "step");
  const effective = effects(done).length;
  const said = sent === 0 ? "" : ` This run sent ${count(sent, "transaction")}.`;
  const parts = [
    `## Given up: ${environment} · ${release}`,
    `${effective} of ${steps} took effect before; nothing else of it ever will.${said}`,
    totals(plan, done),
    contracts(plan, done),
    "The name is free for another plan: run the whole workflow " +
      "again, and approve what it plans then.",
    `Manifest: \`${stored.location}\` (\`${stored.digest}\`)`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function totals(plan: Plan, done: Map<string, ChainDone>): string {
  const rows = plan.chains.map(({ name }): Cell[] => {
    const results = done.get(name)?.results ?? [];
    const succeeded = results.filter((one) => one.succeeded).length;
    const failed = results.length - succeeded;
    const left = stepsOn(plan, name).length - results.length;
    return [`**${name}**`, succeeded, failed, left];
  });
  return table(["Chain", "Took effect", "Reverted", "Never to be"], rows);
}

/** What a person has to know of: it stands, and no release speaks for it. */
function contracts(plan: Plan, done: Map<string, ChainDone>): string {
  const rows = plan.chains.flatMap((chain) => {
    const results = new Map(effects(done).map((result) => [result.step, result]));
    return stepsOn(plan, chain.name).flatMap(({ id, creates }) => {
      const result = results.get(id);
      return result ? creates.map((one) => row(chain, one, result)) : [];
    });
  });
  if (rows.length === 0) return "It has made no contract.";
  const head = "These contracts exist nonetheless, and the manifest lists them:";
  return `${head}\n\n${table(["Chain", "Contract", "Address", "Transaction"], rows)}`;
}

function row(
  chain: PlannedChain,
  { contract, address }: { contract: string | null; address: string },
  { hash }: StepResult,
): Cell[] {
  const sent = linked(chain, "tx", hash, `${hash.slice(0, 10)}…`);
  return [chain.name, code(contract ?? "Unnamed"), linked(chain, "address", address), sent];
}

function effects(done: Map<string, ChainDone>): StepResult[] {
  return [...done.values()].flatMap(({ results }) => results.filter((one) => one.succeeded));
}
