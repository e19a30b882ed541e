import type { Context } from "@playbook/action";
import type { Session } from "@playbook/aws";
import { readState } from "@playbook/broadcast";
import type { Address, Wei } from "@playbook/evm";
import type { KnownChain } from "@playbook/hyperlane";
import type { Chains } from "../chains.ts";
import type { KeySight } from "../findings.ts";
import { type Funds, neededBy } from "../funds.ts";
import { lookAtKey } from "../preflight.ts";
import { begunOn, type Fleet, type Payment } from "./begun.ts";
import { type Funding, inUnits, type Target } from "./targets.ts";
import { obstacleTo, type Transfer, totalOf, transfersTo } from "./transfers.ts";

/** What is to be paid on a chain, as a plan shows it. */
export type ChainFunding = {
  chain: string;
  /** What an earlier run has begun to pay, and the next one finishes first. */
  begun: Payment[];
  transfers: Transfer[];
  total: Wei;
  /** What sending them may take. */
  gas: Wei;
  /** What the funder has; null where that is not known. */
  balance: Wei | null;
  obstacle: { kind: "cap" | "coins"; missing: Wei } | undefined;
};

/** Who pays, and what. */
export type FundingSight = { funder: KeySight; chains: ChainFunding[] };

/** What a plain transfer takes, and how much dearer gas may become until it is sent. */
const TRANSFER_GAS = 21_000n;
const RESERVE = 2n;

/** What is known beside who pays: agents' coins, and where the ledgers of earlier runs are. */
export type Known = {
  funds: readonly Funds[];
  chains: Chains;
  fleet: Fleet;
  state: string | undefined;
};

/**
 * What is to be paid, by what agents have now and what is on its way to them; of a chain that does
 * not answer nothing is known.
 */
export async function lookAtFunding(
  { key, region, targets, caps }: Funding,
  { funds, chains, fleet, state }: Known,
  open: () => Promise<Session>,
  context: Context,
): Promise<FundingSight> {
  const funder = await lookAtKey({ id: key, region }, open, context);
  const account = "address" in funder ? funder.address : undefined;
  const store = account && state && (await readState(state, open, context));
  const ledgers = store && { store, funder: account, fleet };
  const found = targets.map(async (target): Promise<ChainFunding[]> => {
    const own = funds.filter(({ chain }) => chain === target.chain);
    const chain = chains.named(target.chain);
    const begun = ledgers ? await begunOn(chain.name, ledgers, chains) : [];
    const payees = own.map((one) => ({
      ...{ ...one, needed: neededBy(one) },
      balance: one.balance + totalOf(begun.filter(({ to }) => to === one.address)),
    }));
    const transfers = transfersTo(payees, amountsOn(chain, target));
    const all = [...begun, ...transfers];
    if (all.length === 0) return [];
    const balance = account ? await balanceOf(chains, target.chain, account) : null;
    const gas = BigInt(all.length) * TRANSFER_GAS * RESERVE * (own[0]?.gasPrice ?? 0n);
    const allowance = inUnits(capOf(target.chain, caps), chain);
    const obstacle = obstacleTo(all, { gas, allowance, balance });
    const sums = { total: totalOf(all), gas, balance, obstacle };
    return [{ chain: target.chain, begun, transfers, ...sums }];
  });
  return { funder, chains: (await Promise.all(found)).flat() };
}

async function balanceOf(chains: Chains, chain: string, account: Address): Promise<Wei | null> {
  return (await chains.funds(chain, account))?.balance ?? null;
}

/** What a run may spend on a chain, in coins of 18 digits. */
export function capOf(chain: string, caps: Funding["caps"]): Wei {
  return caps.find(({ name }) => name === chain)?.wei ?? 0n;
}

/** A target in the chain's smallest unit. */
export function amountsOn(chain: KnownChain, { chain: _, ...coins }: Target) {
  const all = Object.entries(coins).map(([name, wei]) => [name, inUnits(wei, chain)]);
  return Object.fromEntries(all) as Omit<Target, "chain">;
}
