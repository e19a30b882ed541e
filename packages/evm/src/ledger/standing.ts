import type { Address, Hex } from "../primitives.ts";
import { isCancelled, type LedgerState, newest, type OpenPlan, type Outcome } from "./state.ts";

/**
 * What became of a nonce: `settled`, `reverted`, `nothing` (a cancellation that is final) and
 * `foreign` are for good. `underWay` is at the chain, `signed` is not, `cancelling` may be; `free`
 * is a step that is to be signed.
 */
export type Fate =
  | "settled"
  | "reverted"
  | "nothing"
  | "foreign"
  | "underWay"
  | "signed"
  | "cancelling"
  | "free";

export type Nonce = { nonce: number; fate: Fate; step: string | null; hash: Hex | null };

/**
 * What the chain shows of the key: its transactions in blocks, and with those that the node holds.
 */
export type Shown = { latest: number; pending: number };

/** What a person should do next. */
export type Advice =
  | "nothing"
  | "go-on"
  | "finish-abandoning"
  | "abandon-then-adopt"
  | "adopt"
  | "node";

/** Where a key stands on a chain, ready to be drawn or to be read by a program. */
export type Standing = {
  signer: Address;
  chainId: number;
  genesis: Hex;
  /** The first nonce that is not settled, and the block up to which that is known. */
  nonce: number;
  block: number;
  last: { deployment: string; outcome: Outcome } | null;
  open: {
    deployment: string;
    plan: string;
    abandoned: boolean;
    steps: number;
    nonces: Nonce[];
  } | null;
  shown: Shown | null;
  advice: Advice;
};

/** Reads a ledger, and what its chain shows when that is known, for people. Pure. */
export function standingOf(state: LedgerState, shown: Shown | null): Standing {
  const { signer, chainId, genesis, nonce, block, open, last } = state;
  return {
    ...{ signer, chainId, genesis, nonce, block, shown },
    last: last && { deployment: last.deployment, outcome: last.outcome },
    open: open && {
      deployment: open.deployment,
      plan: open.plan,
      abandoned: open.abandoned,
      steps: open.steps,
      nonces: noncesOf(open, shown),
    },
    advice: adviceOn(state, shown),
  };
}

/** The plan's nonces in order, from its first to the one of its last step. */
function noncesOf(plan: OpenPlan, shown: Shown | null): Nonce[] {
  const settled = plan.settled.map(({ nonce, step, hash, succeeded }): Nonce => {
    const fate = step === null ? "nothing" : succeeded ? "settled" : "reverted";
    return { nonce, fate, step, hash };
  });
  const foreign = plan.foreign.map(({ nonce, hash }): Nonce => {
    return { nonce, fate: "foreign", step: null, hash };
  });
  const slots = plan.slots.map((slot): Nonce => {
    const { nonce, step } = slot;
    const isOut = shown !== null && nonce < shown.pending;
    const fate = isCancelled(slot) ? "cancelling" : isOut ? "underWay" : "signed";
    return { nonce, fate, step, hash: newest(slot).hash };
  });
  const known = [...settled, ...foreign].sort((a, b) => a.nonce - b.nonce).concat(slots);
  return [...known, ...(plan.abandoned ? [] : freeOf(plan, known.length))];
}

function freeOf({ firstNonce, steps }: OpenPlan, known: number): Nonce[] {
  return Array.from({ length: Math.max(0, steps - known) }, (_, index) => {
    return { nonce: firstNonce + known + index, fate: "free", step: null, hash: null };
  });
}

function adviceOn({ nonce, open }: LedgerState, shown: Shown | null): Advice {
  const next = nonce + (open?.slots.length ?? 0);
  if (shown && shown.latest < nonce) return "node";
  if (open?.abandoned) return "finish-abandoning";
  if (open) return shown && shown.latest > next ? "abandon-then-adopt" : "go-on";
  return shown && shown.latest > nonce ? "adopt" : "nothing";
}
