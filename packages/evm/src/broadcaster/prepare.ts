import { ActionError, type Clock, later, realClock } from "@playbook/action";
import type { Store } from "@playbook/state";
import { formatUnits } from "ethers";
import type { Chain } from "../chain.ts";
import type { Endpoint, Head } from "../endpoint.ts";
import { dataFee, type Market, quote } from "../fees.ts";
import { gasPolicy } from "../gas-policy.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerState } from "../ledger/state.ts";
import type { PlannedChain, Step } from "../plan.ts";
import type { Address, Wei } from "../primitives.ts";
import { dearest } from "../transaction.ts";
import { checkDataGas } from "./data-gas.ts";
import { stopped, within } from "./errors.ts";
import { checkIdentity, checkOnlyLedger } from "./identity.ts";
import { insisting } from "./insisting.ts";
import { wrote } from "./open.ts";

export type Preparation = {
  chain: Chain;
  planned: PlannedChain;
  /** The plan's steps on this chain, in nonce order. */
  steps: Step[];
  /** Digest of the plan. */
  plan: string;
  signer: Address;
  endpoint: Endpoint;
  ledger: Ledger;
  store: Store;
  budget: Wei | null;
  clock?: Clock;
};

export type Readiness = {
  /** True when an earlier run has opened the plan here. */
  resumed: boolean;
  /** Steps that are not in a block yet. */
  left: number;
  /** The most that they can cost, in wei, at the fees of this moment. */
  cost: Wei;
  balance: Wei;
};

/**
 * Checks everything that can be known about one chain before the first signature, and starts the
 * ledger of a key that was never used. Throws one ActionError; nothing was signed or sent then.
 */
export async function prepare(inputs: Preparation): Promise<Readiness> {
  const { planned, endpoint, clock = realClock } = inputs;
  return insisting(() => within(planned.name, endpoint, () => check(inputs)), clock);
}

async function check(inputs: Preparation): Promise<Readiness> {
  const { planned, endpoint, ledger, chain, plan } = inputs;
  const looking = later(Promise.all([lookAt(inputs), ledger.read()]));
  // A plan for nonce 0 may well be the first that the key is used for.
  const alone = planned.firstNonce === 0 ? later(checkAlone(inputs)) : undefined;
  // First of all: what another chain says of anything else would only mislead.
  await checkIdentity(planned, endpoint);
  const [seen, known] = await looking;
  const state = known ?? (await adopt(inputs, seen, alone ?? checkAlone(inputs)));
  const { open, last } = state;
  if (open && open.plan !== plan) throw stopped.planOpen(chain.name, open.deployment);
  const isGivenUp = open ? open.abandoned : last?.plan === plan && last.outcome === "abandoned";
  if (isGivenUp) throw stopped.abandoned(chain.name);
  if (!open && last?.plan === plan) throw stopped.closedElsewhere(chain.name, last.outcome);

  const { head, market, balance } = seen;
  const fault = open ? undefined : nonceFault(inputs, state, seen);
  if (fault) {
    // Another run of the same plan may have been at work since the ledger was read.
    if ((await ledger.read()) !== state) return check(inputs);
    throw fault;
  }
  const left = inputs.steps.slice(open ? open.slots.length + open.settled.length : 0);
  checkGas(chain.name, left, head);
  await checkDataGas(chain.name, left, endpoint);

  const fees = quote(market, gasPolicy(inputs.chain));
  const cost = left.reduce(
    (sum, step) => sum + dearest({ ...step, fees }) + dataFee(market, step.data),
    0n,
  );
  checkBudget(inputs, cost);
  if (cost > balance) throw poor(inputs, cost, balance);
  return { resumed: open !== null, left: left.length, cost, balance };
}

/** What one round trip shows of a chain and of the key there. */
type Sight = {
  head: Head;
  market: Market;
  /** The signer's transactions in blocks, and with those that the node holds. */
  mined: number;
  pending: number;
  balance: Wei;
};

async function lookAt({ endpoint, signer }: Preparation): Promise<Sight> {
  const [now, mined, pending, balance] = await Promise.all([
    endpoint.now(),
    endpoint.nonce(signer, "latest"),
    endpoint.nonce(signer, "pending"),
    endpoint.balance(signer),
  ]);
  return { ...now, mined, pending, balance };
}

function checkAlone({ planned, signer, store }: Preparation): Promise<void> {
  const { chainId, genesis, name } = planned;
  return checkOnlyLedger(store, { genesis, chainId, signer }, name);
}

/** Entry 0 for a key that never sent anything here. Any other key has to be adopted by hand. */
async function adopt(
  inputs: Preparation,
  { head, pending: nonce }: Sight,
  alone: Promise<void>,
): Promise<LedgerState> {
  const { planned, signer, ledger } = inputs;
  const { chainId, genesis } = planned;
  await alone;

  if (nonce === 0) {
    const block = head.number;
    await wrote(ledger, { kind: "adopted", genesis, chainId, signer, nonce, block });
  }
  const state = ledger.state ?? (await ledger.read());
  if (!state) throw usedBefore(planned.name, signer, nonce, ledger.where);
  return state;
}

/** Why the plan cannot start where the key stands. */
function nonceFault(
  { planned, signer, endpoint }: Preparation,
  state: LedgerState,
  { mined, pending }: Sight,
): ActionError | undefined {
  const seen = Math.max(mined, pending);
  if (mined < state.nonce) return stopped.behind(planned.name, endpoint.host, mined, state.nonce);
  if (seen > state.nonce) return foreign(planned.name, signer, seen, state.nonce);
  if (planned.firstNonce === state.nonce) return undefined;
  return stopped.planStale(planned.name, planned.firstNonce, state.nonce);
}

function checkGas(chain: string, steps: Step[], head: Head): void {
  const big = steps.find(({ gas }) => gas > head.gasLimit);
  if (!big) return;
  const why = `${big.label} needs ${big.gas} gas; a block has ${head.gasLimit}.`;
  throw stopped.stepTooBig(chain, why);
}

function checkBudget({ chain, budget }: Preparation, cost: Wei): void {
  if (budget === null || cost <= budget) return;
  const why = `It may come to ${inToken(chain, cost)}; the budget is ${inToken(chain, budget)}.`;
  throw stopped.budget(chain.name, why);
}

function inToken({ nativeToken }: Chain, wei: Wei): string {
  return `${formatUnits(wei, nativeToken.decimals)} ${nativeToken.symbol}`;
}

function poor({ chain, signer }: Preparation, cost: Wei, balance: Wei): ActionError {
  return new ActionError("balance-too-low", {
    what: `${signer} cannot pay for the release on ${chain.name}.`,
    why: `It has ${inToken(chain, balance)}; the release may need ${inToken(chain, cost)}.`,
    next: `Send it at least ${inToken(chain, cost - balance)} and run this again.`,
  });
}

function usedBefore(chain: string, signer: string, nonce: number, where: string): ActionError {
  return new ActionError("key-used-before", {
    what: `${signer} has sent ${nonce} transactions on ${chain}, and there is no ledger of them.`,
    why: `Nothing lies at ${where}. With a lost or misspelt state, a nonce could be spent twice.`,
    next: "Correct `state`. If it is right, take the key over as it stands: run `mode: adopt`.",
  });
}

function foreign(chain: string, signer: string, found: number, known: number): ActionError {
  return new ActionError("nonce-used-elsewhere", {
    what: `${signer} was used on ${chain} by somebody else.`,
    why: `The chain counts ${found} of its transactions, the ledger ${known}.`,
    next: "Stop the other use; then run `mode: adopt`, and plan again from where the key stands.",
  });
}
