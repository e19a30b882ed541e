import type { Head, Receipt } from "../endpoint.ts";
import { ceiling, dataFee, type Market } from "../fees.ts";
import type { Settlement } from "../ledger/entry.ts";
import type { Candidate, LedgerState, OpenPlan, Slot } from "../ledger/state.ts";
import type { Step } from "../plan.ts";
import type { Hex, Wei } from "../primitives.ts";
import { dearest } from "../transaction.ts";

/** What one look at the chain has shown: the nonce as of `head`, receipts read after it. */
export type Observation = {
  /** Counts the looks of this run, from 1. */
  look: number;
  head: Head;
  /** The newest block that is final. */
  final: number;
  /** The signer's transactions in blocks up to `head`. */
  nonce: number;
  /** The same with those that the node holds for later. */
  pending: number;
  market: Market;
  receipts: ReadonlyMap<Hex, Receipt>;
};

/** A slot of which one candidate is in a block. */
export type Mined = { slot: Slot; candidate: Candidate; receipt: Receipt };

/** Where a plan stands on its chain: derived, never stored. */
export type Progress = {
  mined: Mined[];
  /** Slots without a receipt, in nonce order. */
  open: Slot[];
  /** The leading slots whose receipts are final: what can be settled. */
  final: Mined[];
  /** Steps that took effect. */
  done: Set<string>;
  /** Steps that reverted. */
  failed: Set<string>;
  /** Steps that make no sense any more: they depend on a failed one. */
  voided: Set<string>;
  /** True when the plan was given up: what is open is only to be used up. */
  abandoned: boolean;
  /** Steps that are still to be signed, in order. */
  unsigned: Step[];
  /** The nonce of the first of them. */
  nextNonce: number;
  /** What the plan has cost and may still cost at most, in wei, values included. */
  committed: Wei;
};

/** Reads the progress of the open plan out of its ledger and an observation. */
export function progressOf(
  steps: Step[],
  ledger: LedgerState,
  plan: OpenPlan,
  seen: Observation,
): Progress {
  const sightings = plan.slots.map((slot) => ({ slot, mined: minedOf(slot, seen) }));
  const mined = sightings.flatMap((sighting) => (sighting.mined ? [sighting.mined] : []));
  const open = sightings.flatMap(({ slot, mined }) => (mined ? [] : [slot]));
  const cut = sightings.findIndex(({ mined }) => !mined || mined.receipt.block > seen.final);
  const final = mined.slice(0, cut === -1 ? mined.length : cut);

  const results = [...plan.settled, ...mined.map(settlementOf)];
  const done = stepsThat(results, true);
  const failed = stepsThat(results, false);
  return {
    mined,
    open,
    final,
    done,
    failed,
    voided: descendants(steps, failed),
    abandoned: plan.abandoned,
    unsigned: plan.abandoned ? [] : steps.slice(plan.settled.length + plan.slots.length),
    nextNonce: ledger.nonce + plan.slots.length,
    committed: committedBy(steps, plan, seen.market),
  };
}

/** A receipt from above the head is another node's: what else was read knows nothing of it yet. */
export function minedOf(
  slot: Slot,
  { receipts, head }: Pick<Observation, "receipts" | "head">,
): Mined | undefined {
  for (const candidate of slot.candidates) {
    const receipt = receipts.get(candidate.hash);
    if (receipt && receipt.block <= head.number) return { slot, candidate, receipt };
  }
  return undefined;
}

/** What the ledger keeps of a transaction that is final. */
export function settlementOf({ slot, candidate, receipt }: Mined): Settlement {
  const price = receipt.price ?? ceiling(candidate.fees);
  return {
    step: candidate.step,
    nonce: slot.nonce,
    hash: candidate.hash,
    block: receipt.block,
    succeeded: receipt.succeeded,
    gasUsed: receipt.gasUsed,
    fee: BigInt(receipt.gasUsed) * price + receipt.dataFee,
  };
}

function stepsThat(results: Settlement[], succeeded: boolean): Set<string> {
  const matching = results.filter((result) => result.succeeded === succeeded);
  return new Set(matching.flatMap(({ step }) => step ?? []));
}

/** The steps that depend on one of these, directly or not. */
export function descendants(steps: Step[], roots: Set<string>): Set<string> {
  const found = new Set<string>();
  for (const step of steps) {
    if (step.after.some((id) => roots.has(id) || found.has(id))) found.add(step.id);
  }
  return found;
}

function committedBy(steps: Step[], plan: OpenPlan, market: Market): Wei {
  const values = new Map(steps.map((step) => [step.id, step.value]));
  const settled = plan.settled.map(
    ({ step, fee, succeeded }) => fee + (succeeded && step ? (values.get(step) ?? 0n) : 0n),
  );
  const open = plan.slots.map((slot) => dearestOf(slot, market));
  return [...settled, ...open].reduce((sum, wei) => sum + wei, 0n);
}

/** The most that a slot can cost, whichever of its candidates ends up in a block. */
export function dearestOf(slot: Slot, market: Market): Wei {
  const costs = slot.candidates.map((candidate) => costOf(candidate, market));
  return costs.reduce((most, cost) => (cost > most ? cost : most), 0n);
}

/** The most that signed bytes can cost, with what a rollup takes for carrying them. */
export function costOf(candidate: Candidate, market: Market): Wei {
  return dearest(candidate) + dataFee(market, candidate.raw);
}
