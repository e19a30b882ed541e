import { bump, type Fees, quote, tooLow } from "../fees.ts";
import type { Candidate, LedgerState, OpenPlan, Slot } from "../ledger/state.ts";
import type { Step } from "../plan.ts";
import type { Hex, Wei } from "../primitives.ts";
import { dearest } from "../transaction.ts";
import { dearestOf, type Mined, type Observation, type Progress, progressOf } from "./progress.ts";

export type Policy = {
  /** Transactions under way at once before the node has shown that it holds more. */
  window: number;
  /** Blocks that a transaction may wait before it is replaced. */
  patience: number;
  /** The most that the plan may cost here, in wei; null for no limit. */
  budget: Wei | null;
};

/** What this run remembers of its own doing. Losing it costs repetition, never correctness. */
export type Memory = {
  /** Per hash: when it was sent last and first, by the head and the look of that moment. */
  sent: Map<Hex, { first: number; block: number; look: number }>;
  /** Hashes whose fees a node has refused. */
  refusedFees: Set<Hex>;
  /** The window as the node's behaviour has widened or narrowed it. */
  window: number;
};

export type Decision =
  | { act: "sign"; steps: Step[]; fees: Fees }
  | { act: "send"; candidates: (Candidate & { nonce: number })[] }
  | { act: "replace"; slots: { slot: Slot; fees: Fees }[] }
  | { act: "cancel"; slots: { slot: Slot; fees: Fees }[]; why: string }
  | { act: "settle"; mined: Mined[] }
  | { act: "close"; outcome: "complete" | "failed" }
  | { act: "trace"; nonce: number }
  | { act: "wait"; reason: string }
  | { act: "stop"; code: "budget-reached" | "step-too-big"; why: string };

/** A ledger is settled on the way when this many nonces are final, so that reading stays cheap. */
const SETTLE_AT = 64;

/** A look at the chain without a new block after which the same bytes are sent again. */
const LOOKS_BEFORE_RESEND = 6;

/**
 * What to do next for one chain: a pure function of the plan, the ledger, what the chain has shown
 * and what this run remembers. All rules of order, windows, fees and failure are here.
 */
export function decide(
  steps: Step[],
  ledger: LedgerState & { open: OpenPlan },
  seen: Observation,
  memory: Memory,
  policy: Policy,
): Decision {
  const progress = progressOf(steps, ledger, ledger.open, seen);
  const over = progress.failed.size > 0 || progress.unsigned.length === 0;

  return (
    settle(progress, over) ??
    close(progress, ledger.open, over) ??
    trace(progress, seen) ??
    cancel(progress, seen) ??
    send(progress, seen, memory) ??
    replace(progress, seen, memory, policy) ??
    sign(progress, seen, memory, policy) ??
    wait(progress, seen)
  );
}

function settle({ final, open, mined }: Progress, over: boolean): Decision | undefined {
  const all = open.length === 0 && final.length === mined.length;
  const enough = final.length >= SETTLE_AT || (over && all && final.length > 0);
  return enough ? { act: "settle", mined: final } : undefined;
}

function close(progress: Progress, plan: OpenPlan, over: boolean): Decision | undefined {
  if (!over || plan.slots.length > 0) return undefined;
  return { act: "close", outcome: progress.failed.size > 0 ? "failed" : "complete" };
}

/** The chain counts a nonce as used for which none of our transactions has a receipt. */
function trace({ open, nextNonce }: Progress, seen: Observation): Decision | undefined {
  const first = open[0]?.nonce ?? nextNonce;
  return first < seen.nonce ? { act: "trace", nonce: first } : undefined;
}

/** What depends on a failed step and is signed already must not happen: its nonce is used up. */
function cancel({ open, voided, failed }: Progress, seen: Observation): Decision | undefined {
  const slots = open
    .filter((slot) => slot.step !== null && voided.has(slot.step) && !isCancelled(slot))
    .map((slot) => ({ slot, fees: bump(newest(slot).fees, seen.market) }));
  if (slots.length === 0) return undefined;
  return { act: "cancel", slots, why: `${[...failed].join(", ")} reverted` };
}

function isCancelled(slot: Slot): boolean {
  return slot.candidates.some((candidate) => candidate.step === null);
}

/** Stored bytes that no node has been given, or that the node does not hold any more. */
function send({ open }: Progress, seen: Observation, memory: Memory): Decision | undefined {
  const reachable = open.filter(({ nonce }) => nonce < seen.nonce + memory.window);
  const candidates = reachable
    .map((slot) => ({ ...newest(slot), nonce: slot.nonce }))
    .filter(({ hash, nonce }) => isLost(hash, nonce, seen, memory));
  return candidates.length > 0 ? { act: "send", candidates } : undefined;
}

function isLost(hash: Hex, nonce: number, seen: Observation, memory: Memory): boolean {
  const sent = memory.sent.get(hash);
  if (!sent) return true;
  if (memory.refusedFees.has(hash)) return false;
  const held = seen.pending > nonce;
  const waited = seen.head.number > sent.block || seen.look - sent.look >= LOOKS_BEFORE_RESEND;
  return !held && waited;
}

function replace(
  { open, committed }: Progress,
  seen: Observation,
  memory: Memory,
  { patience, budget }: Policy,
): Decision | undefined {
  const stuck = open.filter((slot) => isStuck(slot, seen, memory, patience));
  const slots = stuck.map((slot) => ({ slot, fees: bump(newest(slot).fees, seen.market) }));

  const dearer = slots.reduce((sum, { slot, fees }) => {
    const more = dearest({ ...newest(slot), fees }) - dearestOf(slot);
    return sum + (more > 0n ? more : 0n);
  }, 0n);
  if (slots.length === 0 || (budget !== null && committed + dearer > budget)) return undefined;
  return { act: "replace", slots };
}

/** Blocks pass it by although it is next, or a node has said that it pays too little. */
function isStuck(slot: Slot, seen: Observation, memory: Memory, patience: number): boolean {
  const { hash, fees } = newest(slot);
  const sent = memory.sent.get(hash);
  if (!sent) return false;
  if (memory.refusedFees.has(hash)) return true;

  const blocks = seen.head.number - sent.first;
  if (tooLow(fees, seen.market)) return blocks >= patience;
  return slot.nonce === seen.nonce && blocks >= 4 * patience;
}

/** The longest run of steps that may be signed now, within the window and the budget. */
function sign(
  { unsigned, open, mined, final, done, failed, committed }: Progress,
  seen: Observation,
  memory: Memory,
  { budget }: Policy,
): Decision | undefined {
  if (failed.size > 0) return undefined;
  const fees = quote(seen.market);
  const steps: Step[] = [];
  let cost = committed;

  for (const step of unsigned.slice(0, Math.max(0, memory.window - open.length))) {
    if (step.waits && !step.after.every((id) => done.has(id))) break;
    cost += dearest({ gas: step.gas, value: step.value, fees });
    const stop = obstacle(step, cost, budget, seen);
    if (stop && steps.length === 0 && open.length === 0) {
      // Settled nonces count with what they cost, not with what they might have.
      if (final.length > 0) return { act: "settle", mined: final };
      if (mined.length === 0) return stop;
    }
    if (stop) break;
    steps.push(step);
  }
  return steps.length > 0 ? { act: "sign", steps, fees } : undefined;
}

function obstacle(
  step: Step,
  cost: Wei,
  budget: Wei | null,
  { head }: Observation,
): Decision | undefined {
  if (step.gas > head.gasLimit) {
    const why = `${step.label} needs ${step.gas} gas; a block has ${head.gasLimit}.`;
    return { act: "stop", code: "step-too-big", why };
  }
  if (budget !== null && cost > budget) {
    const why = `With ${step.label} it may come to ${cost} wei; the budget is ${budget} wei.`;
    return { act: "stop", code: "budget-reached", why };
  }
  return undefined;
}

function wait({ open, mined, final }: Progress, seen: Observation): Decision {
  if (open.length > 0) {
    const first = open[0]?.nonce;
    return { act: "wait", reason: `${open.length} on their way, next nonce ${first}` };
  }
  const last = Math.max(...mined.map(({ receipt }) => receipt.block), seen.head.number);
  const left = mined.length - final.length;
  return { act: "wait", reason: `${left} to become final (block ${last}, final ${seen.final})` };
}

/** The candidate that counts: what was signed last. */
export function newest(slot: Slot): Candidate {
  const last = slot.candidates.at(-1);
  if (!last) throw new Error(`Slot ${slot.nonce} has no candidate.`);
  return last;
}
