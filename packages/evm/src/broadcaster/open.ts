import { LogLost } from "@playbook/state";
import type { Body } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Outcome } from "../ledger/state.ts";
import type { PlannedChain, Step } from "../plan.ts";
import { stopped } from "./errors.ts";

export type Opening = {
  chain: PlannedChain;
  /** The plan's steps on this chain, in nonce order. */
  steps: Step[];
  /** Digest of the plan. */
  plan: string;
  /** Name of the deployment, for people who find the key at work. */
  deployment: string;
  /** Read, and adopted for this chain and signer. */
  ledger: Ledger;
};

/**
 * Opens the plan in its ledger, unless it is or was open already. Nothing is signed before. Throws
 * `plan-open` when another plan has the key, and `plan-stale` when another had it in the meantime.
 */
export async function openPlan({ ledger, chain, plan, deployment, steps }: Opening) {
  const { firstNonce } = chain;
  for (;;) {
    const { state } = ledger;
    if (state?.open?.plan === plan || state?.last?.plan === plan) return;
    if (state?.open) throw stopped.planOpen(chain.name, state.open.deployment);
    if (state && state.nonce !== firstNonce) {
      throw stopped.planStale(chain.name, firstNonce, state.nonce);
    }
    const entry = { kind: "opened", plan, deployment, firstNonce, steps: steps.length } as const;
    if (await wrote(ledger, entry)) return;
  }
}

/**
 * Gives the plan up, before it is opened or after: from here on no run signs a step of it. True
 * when its nonces are to be used up now; false when the plan has no nonce here, and will never have
 * one. Throws `plan-open` while another plan may still leave it that nonce.
 */
export async function giveUpPlan({ ledger, plan, deployment, chain, steps }: Opening) {
  for (;;) {
    const { state } = ledger;
    if (state?.open?.plan === plan && state.open.abandoned) return true;
    if (state?.last?.plan === plan) return true;
    // With another plan's entries in between, this one's nonces are gone.
    const isOpen = state?.open?.plan === plan;
    if (!isOpen && state?.nonce !== chain.firstNonce) return false;
    if (!isOpen && state?.open) {
      if (state.open.slots.length > 0) return false;
      throw stopped.planOpen(chain.name, state.open.deployment);
    }

    const { firstNonce } = chain;
    const opening = { kind: "opened", plan, deployment, firstNonce, steps: steps.length } as const;
    await wrote(ledger, isOpen ? { kind: "abandoned", plan } : opening);
  }
}

/** Gives the key back: the last entry of a plan, written when its result is stored elsewhere. */
export async function closePlan(
  { ledger, plan, deployment }: Pick<Opening, "ledger" | "plan" | "deployment">,
  outcome: Outcome,
): Promise<void> {
  for (;;) {
    const { state } = ledger;
    if (state?.open?.plan !== plan) return;
    const { genesis, chainId, signer, nonce, block } = state;
    const identity = { genesis, chainId, signer, nonce, block };
    const end = { outcome: state.open.abandoned ? "abandoned" : outcome } as const;
    if (await wrote(ledger, { kind: "closed", plan, deployment, ...end, ...identity })) return;
  }
}

/** False when another run has written the next entry: it has been read then. */
export async function wrote(ledger: Ledger, entry: Body): Promise<boolean> {
  try {
    await ledger.append(entry);
    return true;
  } catch (error) {
    if (!(error instanceof LogLost)) throw error;
    await ledger.read();
    return false;
  }
}
