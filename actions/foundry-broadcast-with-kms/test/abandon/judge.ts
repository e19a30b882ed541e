import type { Chain } from "@playbook/world";
import { Transaction } from "ethers";
import { transactionsOf } from "../../../../packages/evm/test/auditor.ts";
import type { Planned } from "../apply/office.ts";
import { type Entry, entries, type Looked } from "../apply/state.ts";

type Signed = { nonce: number; raw: string };
type LedgerEntry = Entry & { transactions?: Signed[]; outcome?: string };

export type Judged = {
  /** What could still happen, or has and must not; empty when the release is given up for good. */
  faults: string[];
  /** Steps of the plan that took effect on its chains. */
  effective: string[];
};

/**
 * Judges a release that is said to be given up, from raw blocks and the bucket's objects: every
 * signed nonce is used, by a step or for nothing, no step twice, and the key is free.
 */
export async function judge(office: Looked, { made, from }: Planned): Promise<Judged> {
  const chains = made.chains.map(async ({ name, chainId }, index) => {
    const chain = office.chains.find((one) => one.name === name) as Chain;
    const faults: string[] = [];
    const since = (from[index] ?? 0) + 1;
    const found = await transactionsOf(chain, office.signer, since);
    const acts = new Map(
      made.steps
        .filter((step) => step.chain === name)
        .map(({ id, to, data, value }) => [
          `${to?.toLowerCase() ?? "create"} ${data} ${value}`,
          id,
        ]),
    );
    const nothing = `${office.signer.toLowerCase()} 0x 0`;
    for (const { nonce, act } of found) {
      if (!acts.has(act) && act !== nothing) faults.push(`nonce ${nonce} is ${act}`);
    }
    const next = await chain.nonce(office.signer);
    const ledger = (await entries(office, `/ledgers/${chainId}/`)) as LedgerEntry[];
    const signed = ledger.flatMap(({ transactions = [] }) => transactions);
    for (const { raw } of signed) {
      const { nonce } = Transaction.from(raw);
      if (nonce >= next) faults.push(`nonce ${nonce} is signed and not used`);
    }
    const last = ledger.at(-1);
    if (last?.kind !== "closed") faults.push(`the ledger ends with ${last?.kind}`);
    const own = found.flatMap(({ act, succeeded }) => (succeeded ? (acts.get(act) ?? []) : []));
    return { faults: faults.map((fault) => `${name}: ${fault}`), effective: own };
  });
  const judged = await Promise.all(chains);
  return {
    faults: judged.flatMap(({ faults }) => faults),
    effective: judged.flatMap(({ effective }) => effective),
  };
}
