import { ActionError, reason } from "@playbook/action";
import type { Store } from "@playbook/state";
import { formatUnits } from "ethers";
import type { Chain } from "../chain.ts";
import type { Endpoint, Head } from "../endpoint.ts";
import { quote } from "../fees.ts";
import { type Ledger, ledgersOf } from "../ledger/ledger.ts";
import type { LedgerState } from "../ledger/state.ts";
import type { PlannedChain, Step } from "../plan.ts";
import type { Address, Wei } from "../primitives.ts";
import { RpcUnreachable } from "../rpc.ts";
import { dearest } from "../transaction.ts";
import { stopped } from "./errors.ts";

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
  const { planned, endpoint, ledger, signer, chain } = inputs;
  await checkIdentity(planned, endpoint);
  const state = (await ledger.read()) ?? (await adopt(inputs));
  const open = state.open;
  if (open && open.plan !== inputs.plan) throw stopped.planOpen(chain.name, open.deployment);

  const head = await endpoint.head();
  if (!open) await checkNonce(inputs, state, head);
  const left = inputs.steps.slice(open ? open.slots.length + open.settled.length : 0);
  checkGas(chain.name, left, head);

  const fees = quote(await endpoint.market(head));
  const cost = left.reduce((sum, { gas, value }) => sum + dearest({ gas, value, fees }), 0n);
  const balance = await endpoint.balance(signer);
  checkBudget(inputs, cost);
  if (cost > balance) throw poor(inputs, cost, balance);
  return { resumed: open !== null, left: left.length, cost, balance };
}

async function checkIdentity(planned: PlannedChain, endpoint: Endpoint): Promise<void> {
  const { chainId, genesis } = await reach(planned.name, endpoint);
  if (chainId !== planned.chainId) {
    throw new ActionError("wrong-chain", {
      what: `${endpoint.host} is not ${planned.name}.`,
      why: `It says chain id ${chainId}; the plan is for ${planned.chainId}.`,
      next: `Correct the URL of ${planned.name}.`,
    });
  }
  if (genesis !== planned.genesis) throw wasReset(planned.name, planned.genesis, genesis);
}

async function reach(name: string, endpoint: Endpoint) {
  try {
    return await endpoint.identity();
  } catch (error) {
    if (!(error instanceof RpcUnreachable)) throw error;
    throw new ActionError(
      "rpc-unreachable",
      {
        what: `No RPC endpoint of ${name} answers.`,
        why: reason(error),
        next: "Check the URL and its quota; give a second URL for the chain to be independent of one.",
      },
      { cause: error },
    );
  }
}

/** Entry 0 for a key that never sent anything here. Any other key has to be adopted by hand. */
async function adopt(inputs: Preparation): Promise<LedgerState> {
  const { planned, signer, store, endpoint, ledger } = inputs;
  const { chainId, genesis } = planned;
  const others = await store.list(ledgersOf(chainId));
  const stranger = others.find((key) => key.includes(signer.toLowerCase()));
  if (stranger) throw wasReset(planned.name, stranger.split("/")[2] ?? "another", genesis);

  const head = await endpoint.head();
  const nonce = await endpoint.nonce(signer, "pending");
  if (nonce > 0) throw usedBefore(planned.name, signer, nonce, ledger.where);
  const block = head.number;
  return ledger.append({ kind: "adopted", genesis, chainId, signer, nonce: 0, block });
}

async function checkNonce(
  { planned, signer, endpoint }: Preparation,
  state: LedgerState,
  head: Head,
): Promise<void> {
  const [mined, pending] = await Promise.all([
    endpoint.nonce(signer, head.number),
    endpoint.nonce(signer, "pending"),
  ]);
  if (mined < state.nonce) throw behind(planned.name, endpoint.host, mined, state.nonce);
  if (Math.max(mined, pending) > state.nonce) {
    throw foreign(planned.name, signer, pending, state.nonce);
  }
  if (planned.firstNonce !== state.nonce) {
    throw new ActionError("plan-stale", {
      what: `The plan was made for nonce ${planned.firstNonce} on ${planned.name}.`,
      why: `The key is at ${state.nonce} now: something was released since, and addresses follow it.`,
      next: "Plan again, and approve the new plan.",
    });
  }
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

function wasReset(chain: string, expected: string, found: string): ActionError {
  return new ActionError("chain-was-reset", {
    what: `${chain} is not the chain that it was.`,
    why: `Its genesis block is ${found}; what is stored belongs to ${expected}.`,
    next: "Correct the URL. If the chain was started anew, give it another state location.",
  });
}

function usedBefore(chain: string, signer: string, nonce: number, where: string): ActionError {
  return new ActionError("key-used-before", {
    what: `${signer} has sent ${nonce} transactions on ${chain}, and there is no ledger of them.`,
    why: `Nothing lies at ${where}. With a lost or misspelt state, a nonce could be spent twice.`,
    next: "Correct `state`, or give this release a key that was never used.",
  });
}

function behind(chain: string, host: string, mined: number, known: number): ActionError {
  return new ActionError("node-behind", {
    what: `${host} shows ${mined} transactions of the key on ${chain}.`,
    why: `${known} are final already: the node is behind, or the chain was taken back.`,
    next: "Use a node that is in sync, and run this again.",
  });
}

function foreign(chain: string, signer: string, found: number, known: number): ActionError {
  return new ActionError("nonce-used-elsewhere", {
    what: `${signer} was used on ${chain} by somebody else.`,
    why: `The chain counts ${found} of its transactions, the ledger ${known}.`,
    next: "Stop the other use: a key that the ledger speaks for signs nothing else.",
  });
}
