import { ActionError } from "@playbook/action";
import type { Step } from "../plan.ts";

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
      next: "Nothing was sent after it. Mend the cause and run this again: the same bytes are sent.",
    }),

  reverted: (chain: string, step: Step, hash: string, others: string) =>
    new ActionError("step-reverted", {
      what: `${step.label} (${step.id}) reverted on ${chain} in ${hash}.`,
      why: `The chain was in another state than the plan was simulated on. ${others}`,
      next: "Find out what changed, then release under a new name: the plan of this one is closed.",
    }),

  usedElsewhere: (chain: string, nonce: number, hash: string, block: number) =>
    new ActionError("nonce-used-elsewhere", {
      what: `Nonce ${nonce} of the key was used on ${chain} by a transaction that is none of ours.`,
      why: `Block ${block} has ${hash}: the key signs for somebody else too.`,
      next: "Stop the other use of the key. The addresses that were planned are not to be had any more.",
    }),

  planOpen: (chain: string, deployment: string) =>
    new ActionError("plan-open", {
      what: `The key is at work for ${deployment} on ${chain}.`,
      why: "A key has one open plan a chain: two at once would take each other's nonces.",
      next: `Finish that release first: run it again under its name, then this one.`,
    }),

  closedElsewhere: (chain: string, outcome: string) =>
    new ActionError("plan-closed", {
      what: `The plan was closed on ${chain} as ${outcome} while this run was at work.`,
      why: "Another run of the same release has ended it.",
      next: "Look at that run.",
    }),
};
