import { ActionError, type Cell, table } from "@playbook/action";
import type { KnownChain } from "@playbook/hyperlane";
import { amountOn } from "../findings.ts";
import type { Payment } from "./begun.ts";
import type { FundingResult, Left, Unpaid } from "./fund.ts";
import type { FundingSight } from "./sight.ts";

/** Who would be paid what, and what the funder would have left. */
export function fundingText(
  { funder, chains }: FundingSight,
  known: readonly KnownChain[],
): string {
  const who = "address" in funder ? ` by \`${funder.address}\`` : "";
  if (chains.length === 0) return `Nobody has to be funded${who}.`;
  const begun = chains.flatMap((one) =>
    one.begun.map(({ name, to, value }): Cell[] => {
      return [name, one.chain, amountOn(one.chain, known, value), `\`${to}\``];
    }),
  );
  const rows = chains.flatMap(({ chain, transfers }) =>
    transfers.map(({ name, to, balance, value }): Cell[] => {
      const amount = (wei: bigint) => amountOn(chain, known, wei);
      return [name, chain, amount(balance), amount(value), `\`${to}\``];
    }),
  );
  const sums = chains.map(({ chain, total, gas, balance, obstacle }): Cell[] => {
    const amount = (wei: bigint) => amountOn(chain, known, wei);
    const left = balance === null || obstacle ? "" : amount(balance - total - gas);
    const has = balance === null ? "not known" : amount(balance);
    return [`${obstacle ? "🛑 " : ""}${chain}`, amount(total), amount(gas), has, left];
  });
  const parts = [
    `### To fund${who}`,
    begun.length > 0 && "An earlier run has begun these payments: `apply` finishes them first.",
    begun.length > 0 && table(["Agent", "On", "Is given", "Address"], begun),
    rows.length > 0 && table(["Agent", "On", "Has", "Is given", "Address"], rows),
    table(["Chain", "In all", "Gas, at most about", "Funder has", "Then, at least about"], sums),
  ];
  return parts.filter(Boolean).join("\n\n");
}

/** What is to be paid, for the steps after it: amounts in the chain's smallest unit. */
export function dueIn(sight: FundingSight | null): object[] {
  const all = sight?.chains.flatMap(({ chain, begun, transfers }) => [
    ...begun.map((one) => ({ ...dueOn(chain, one), begun: true })),
    ...transfers.map((one) => dueOn(chain, one)),
  ]);
  return all ?? [];
}

function dueOn(chain: string, { name, to, value }: Payment) {
  return { chain, name, to, amount: `${value}` };
}

/** Who was paid what, and where nobody could be. */
export function fundedReport({ paid, unpaid, left }: FundingResult, known: readonly KnownChain[]) {
  const rows = paid.map(({ chain, name, to, value }): Cell[] => {
    return [name, chain, amountOn(chain, known, value), `\`${to}\``];
  });
  const text = [
    rows.length > 0 && `### Funded\n\n${table(["Agent", "On", "Was given", "Address"], rows)}`,
    ...unpaid.map(({ chain, error }) => `⚠️ **${chain}**: not all are funded. ${error.message}`),
    ...left.filter(({ names }) => names.length > 0).map(leftText),
  ];
  return {
    outputs: {
      funding: paid.map(({ value, ...one }) => ({ ...one, amount: `${value}` })),
    },
    text: text.filter(Boolean).join("\n\n"),
    failure: failureOf(unpaid),
  };
}

function leftText({ chain, names }: Left): string {
  const who = names.join(", ");
  return `⚠️ **${chain}** is not there now: what ${who} may be due on it is left to the next run.`;
}

function failureOf(unpaid: readonly Unpaid[]): ActionError | undefined {
  const [first] = unpaid;
  if (!first || unpaid.length === 1) return first?.error;
  return new ActionError("funding-failed", {
    what: `Not all agents are funded on ${unpaid.map(({ chain }) => chain).join(", ")}.`,
    why: unpaid.map(({ chain, error }) => `${chain}: ${error.message}`).join("\n"),
    next: "Mend what each says and run this again: nobody is paid twice.",
  });
}
