import type { Step as LedgerStep } from "@playbook/evm";
import type { ChainPlan } from "./plan-chain.ts";

/** A chain's steps as the nonce ledger takes them: each with the only nonce that it may have. */
export function ledgerSteps({ chain, firstNonce, steps }: ChainPlan): LedgerStep[] {
  return steps.map((step, at) => ({
    ...step,
    chain,
    script: 0,
    nonce: firstNonce + at,
    value: 0n,
  }));
}
