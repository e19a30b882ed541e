import { ActionError, connectionError, reason } from "@playbook/action";
import type { Endpoint } from "../endpoint.ts";
import type { PlannedChain, Step } from "../plan.ts";
import { NodesDisagree } from "../quorum/disagree.ts";
import { NoAnswer, RpcError, RpcUnreachable } from "../rpc-error.ts";
import type { Signer } from "../transaction.ts";
import type { Obstacle } from "./decision.ts";

/** Everything that ends a broadcast, in the words that a person reads. */
export const stopped = {
  budget: (chain: string, why: string) =>
    new ActionError("budget-reached", {
      what: `The budget on ${chain} does not allow the next step.`,
      why,
      next: "Raise `budget` and run this again: it goes on with the next step.",
    }),

  stepTooBig: (chain: string, why: string) =>
    new ActionError("step-too-big", {
      what: `A step does not fit into a block of ${chain}.`,
      why,
      next: "Split what the script does in that transaction, then plan a new release.",
    }),

  noFunds: (chain: string, signer: string, said: string) =>
    new ActionError("balance-too-low", {
      what: `${signer} cannot pay for its next transaction on ${chain}.`,
      why: `The node says: ${said}`,
      next: "Fund the account and run this again: what is signed is sent as it is.",
    }),

  refused: (chain: string, step: string, host: string, said: string) =>
    new ActionError("transaction-refused", {
      what: `${host} does not take ${step} on ${chain}.`,
      why: `It says: ${said}`,
      next:
        "What follows it waits for it. Mend the cause and run " +
        "this again: it sends the same bytes.",
    }),

  priceRefused: (chain: string, step: string, host: string, said: string) =>
    new ActionError("price-refused", {
      what: `${host} wants more for ${step} on ${chain} than ten times what the market asks.`,
      why: `It says: ${said}`,
      next:
        "Give the chain's `minPriorityFeePerGas` or `minGasPrice` in " +
        "the input `fees`, and run this again.",
    }),

  usedElsewhere: (chain: string, nonce: number, hash: string, block: number) =>
    new ActionError("nonce-used-elsewhere", {
      what: `Nonce ${nonce} of the key was used on ${chain} by a transaction that is none of ours.`,
      why: `Block ${block} has ${hash}: the key signs for somebody else too.`,
      next:
        "Stop the other use; run `mode: abandon` for this " +
        "release, then `mode: adopt`; plan anew.",
    }),

  planOpen: (chain: string, deployment: string) =>
    new ActionError("plan-open", {
      what: `The key is at work for ${deployment} on ${chain}.`,
      why: "A key has one open plan a chain: two at once would take each other's nonces.",
      next: `Finish that release first, under its name, or give it up with \`mode: abandon\`.`,
    }),

  abandoned: (chain: string) =>
    new ActionError("plan-abandoned", {
      what: `The release was given up on ${chain}: this run signs nothing more.`,
      why: "A run with `mode: abandon` has said so; what was signed before is being used up.",
      next: "When that run is done, plan a new release. If it was stopped, run it again.",
    }),

  unproven: (chain: string, host: string, nonce: number) =>
    new ActionError("use-unproven", {
      what: `Nonce ${nonce} of the key was used on ${chain}, and ${host} does not show by what.`,
      why: "It keeps no states as old as that, and without the transaction nothing is proven.",
      next:
        "Give the URL of a node that keeps them (an archive " +
        "node) in `rpc-urls`, for this one run.",
    }),

  closedElsewhere: (chain: string, outcome: string) =>
    new ActionError("plan-closed", {
      what: `The plan was closed on ${chain} as ${outcome} while this run was at work.`,
      why: "Another run of the same release has ended it.",
      next: "Run this again: it takes over the result that the other run has stored.",
    }),

  planStale: (chain: string, planned: number, at: number) =>
    new ActionError("plan-stale", {
      what: `The plan was made for nonce ${planned} on ${chain}.`,
      why: `The key is at ${at} now: something was released since, and addresses follow it.`,
      next: "Plan again, and approve the new plan.",
    }),

  wouldRevert: (chain: string, step: Step, said: string) =>
    new ActionError("resume-would-revert", {
      what: `${step.label} (${step.id}) is signed but not sent, and would fail on ${chain} now.`,
      why: `The chain has changed since it was planned. The node says: ${said}`,
      next: "Find out what changed. When it is mended, run this again: it sends the same bytes.",
    }),

  behind: (chain: string, host: string, shown: number, known: number) =>
    new ActionError("node-behind", {
      what: `${host} shows ${shown} transactions of the key on ${chain}.`,
      why: `${known} are final already: the node is behind, or the chain was taken back.`,
      next: "Use a node that is in sync, and run this again.",
    }),

  reset: (chain: string, expected: string, found: string) =>
    new ActionError("chain-was-reset", {
      what: `${chain} is not the chain that it was.`,
      why: `Its genesis block is ${found}; what is stored belongs to ${expected}.`,
      next: "Correct the URL. If the chain was started anew, give it another state location.",
    }),

  /** A proxy or a certificate that stands in the way has words of its own. */
  unreachable: (chain: string, error: RpcUnreachable) =>
    connectionError(`${chain}'s RPC endpoint`, error.cause) ??
    new ActionError(
      "rpc-unreachable",
      {
        what: `No RPC endpoint of ${chain} answers.`,
        why: reason(error),
        next:
          "Check the URL and its quota; a second URL for the " +
          "chain makes it independent of one.",
      },
      { cause: error },
    ),

  disagreeing: (chain: string, error: NodesDisagree) =>
    new ActionError(
      "nodes-disagree",
      {
        what: `The RPC endpoints of ${chain} do not agree on what has to be known.`,
        why: error.message,
        next: "Take out the one that is wrong or behind, or add one more, and run this again.",
      },
      { cause: error },
    ),

  unanswered: (chain: string, host: string, error: RpcError) =>
    new ActionError(
      "rpc-refused",
      {
        what: `${host} does not answer what has to be known of ${chain}.`,
        why: `It says: ${reason(error)}`,
        next: "Use a node that does, and run this again: it goes on from what is stored.",
      },
      { cause: error },
    ),

  unintelligible: (chain: string, host: string, error: NoAnswer) =>
    new ActionError(
      "rpc-refused",
      {
        what: `${host} gives no answer to what has to be known of ${chain}.`,
        why: reason(error),
        next:
          "Use a node that is in sync and has its states, and run this again. If all nodes say " +
          "so, the address is wrong: correct it in the registry.",
      },
      { cause: error },
    ),
};

/** The error that a person reads when a plan cannot go on by itself. */
export function obstacleError(
  { chain, signer, endpoint }: { chain: PlannedChain; signer: Signer; endpoint: Endpoint },
  obstacle: Obstacle,
): ActionError {
  switch (obstacle.code) {
    case "budget-reached":
      return stopped.budget(chain.name, obstacle.why);
    case "step-too-big":
      return stopped.stepTooBig(chain.name, obstacle.why);
    case "balance-too-low":
      return stopped.noFunds(chain.name, signer.address, obstacle.said);
    case "transaction-refused":
      return stopped.refused(chain.name, obstacle.what, endpoint.host, obstacle.said);
    case "price-refused":
      return stopped.priceRefused(chain.name, obstacle.what, endpoint.host, obstacle.said);
    case "node-behind":
      return stopped.behind(chain.name, endpoint.host, obstacle.shown, obstacle.known);
  }
}

/** Does work that asks a chain; what its nodes fail at is told in a person's words. */
export async function within<Result>(
  chain: string,
  endpoint: Pick<Endpoint, "host">,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RpcUnreachable) throw stopped.unreachable(chain, error);
    if (error instanceof NodesDisagree) throw stopped.disagreeing(chain, error);
    if (error instanceof NoAnswer) throw stopped.unintelligible(chain, endpoint.host, error);
    if (error instanceof RpcError) throw stopped.unanswered(chain, endpoint.host, error);
    throw error;
  }
}
