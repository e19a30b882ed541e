import { bump, tooLow } from "../fees.ts";
import { isCancelled, type LedgerState, newest, type OpenPlan } from "../ledger/state.ts";
import type { Step } from "../plan.ts";
import { giveUp } from "./abandon.ts";
import { sign, signAhead } from "./batch.ts";
import type { Decision, Policy } from "./decision.ts";
import { hasWaited, type Memory, paysTooLittle } from "./memory.ts";
import { type Observation, type Progress, progressOf } from "./progress.ts";
import { insatiable, type Replacements, replacements } from "./replacement.ts";

/**
 * A ledger is settled on the way when this many nonces are final, so that reading stays cheap: a
 * quarter of what is settled, so that a plan of ten thousand steps has some thirty such entries.
 */
const SETTLE_AT = { least: 64, most: 512 };

/**
 * A node behind a load balancer may lag for a moment; one that does for this many looks is behind.
 */
const LOOKS_UNTIL_BEHIND = 30;

/**
 * What nodes refuse now and then, they may take later; what they refuse so often, they will not.
 */
const REFUSALS_UNTIL_STOP = 3;

/**
 * What to do next for one chain: a pure function of the plan, the ledger, what the chain has shown
 * and what this run remembers. All rules of order, windows, fees and failure are here and in the
 * files beside it.
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
  const replacing = replacements(progress, seen, memory, policy);

  return (
    close(progress, ledger.open, over) ??
    behind(ledger, seen, memory) ??
    settle(progress, ledger.open, seen, over) ??
    trace(progress, seen, over) ??
    giveUp(progress, seen, policy) ??
    cancel(progress, seen, policy) ??
    insatiable(progress, seen, memory, policy) ??
    refused(progress, seen, memory) ??
    rehearse(progress, seen, memory) ??
    replace(replacing) ??
    send(progress, seen, memory, policy) ??
    sign(progress, seen, memory, policy) ??
    wait(progress, seen, replacing)
  );
}

function close(progress: Progress, plan: OpenPlan, over: boolean): Decision | undefined {
  if (!over || plan.slots.length > 0) return undefined;
  if (progress.abandoned) return { act: "close", outcome: "abandoned" };
  return { act: "close", outcome: progress.failed.size > 0 ? "failed" : "complete" };
}

/** The chain does not show what is settled: nothing that it says now is to be built upon. */
function behind(ledger: LedgerState, seen: Observation, memory: Memory): Decision | undefined {
  const [shown, known] = [seen.nonce, ledger.nonce];
  if (shown >= known) return undefined;
  if (seen.look - memory.inOrder < LOOKS_UNTIL_BEHIND) {
    return { act: "wait", reason: `a node that knows nonce ${known - 1}, which is settled` };
  }
  return { act: "stop", obstacle: { code: "node-behind", shown, known } };
}

function settle(
  { final, open, mined, abandoned }: Progress,
  { settled }: OpenPlan,
  seen: Observation,
  over: boolean,
): Decision | undefined {
  const [first] = open;
  const enough = Math.min(Math.max(SETTLE_AT.least, settled.length / 4), SETTLE_AT.most);
  const all = open.length === 0 && final.length === mined.length;
  // Where somebody else used the next nonce, that is written down when all before it is settled.
  const taken = abandoned && first !== undefined && first.nonce < seen.nonce;
  const due = over && (all || taken) && final.length > 0;
  return final.length >= enough || due ? { act: "settle", mined: final } : undefined;
}

/**
 * The chain counts a nonce as used for which none of our transactions has a receipt. What happens
 * after the plan's last nonce is the next plan's concern.
 */
function trace(
  { open, nextNonce }: Progress,
  seen: Observation,
  over: boolean,
): Decision | undefined {
  if (over && open.length === 0) return undefined;
  const first = open[0]?.nonce ?? nextNonce;
  return first < seen.nonce ? { act: "trace", nonce: first } : undefined;
}

/**
 * What depends on a failed step and is signed already must not happen: its nonce is used up,
 * whatever budget and cap say.
 */
function cancel(
  { open, voided, failed }: Progress,
  seen: Observation,
  { gas }: Policy,
): Decision | undefined {
  const slots = open
    .filter((slot) => slot.step !== null && voided.has(slot.step) && !isCancelled(slot))
    .map((slot) => ({ slot, fees: bump(newest(slot).fees, seen.market, gas) }));
  if (slots.length === 0) return undefined;
  return { act: "cancel", slots, why: `${[...failed].join(", ")} reverted` };
}

/** Nothing can follow a transaction that no node takes. */
function refused({ open }: Progress, seen: Observation, memory: Memory): Decision | undefined {
  for (const slot of open) {
    const { hash, step } = newest(slot);
    const sending = memory.sent.get(hash);
    const { answer, next, refusals = 0 } = sending ?? {};
    // Said while others were queued, it counts what they may cost at most: now it may be otherwise.
    const isNext = slot.nonce === seen.nonce && slot.nonce === next;
    if (answer?.verdict === "no-funds" && isNext) {
      return { act: "stop", obstacle: { code: "balance-too-low", said: answer.said } };
    }
    if (answer?.verdict === "refused" && refusals >= REFUSALS_UNTIL_STOP) {
      const what = step ?? "a cancellation";
      const obstacle = { code: "transaction-refused", what, said: answer.said } as const;
      return { act: "stop", obstacle };
    }
  }
  return undefined;
}

/** Before bytes of an earlier run go out: would the next of them still do what was planned? */
function rehearse({ open }: Progress, seen: Observation, memory: Memory): Decision | undefined {
  const [slot] = open;
  if (memory.rehearsed || !slot || slot.nonce !== seen.nonce) return undefined;
  const candidate = newest(slot);
  const isOut = seen.pending > slot.nonce;
  if (isOut || candidate.step === null || memory.sent.has(candidate.hash)) return undefined;
  return { act: "rehearse", candidate, nonce: slot.nonce, block: seen.head.number };
}

/**
 * Stored bytes that no node has been given, or that the node does not hold any more. One that never
 * shows what it holds is given them again when they should have been in a block. What was refused
 * for its price and must not become dearer is, when the market has come down to it.
 */
function send(
  progress: Progress,
  seen: Observation,
  memory: Memory,
  policy: Policy,
): Decision | undefined {
  const { sent, window } = memory;
  const blocks = window.countsPending ? 1 : policy.patience;
  const candidates = progress.open
    .filter(({ nonce }) => nonce < seen.nonce + window.size)
    .filter((slot) => !progress.abandoned || isCancelled(slot))
    .map((slot) => ({ ...newest(slot), nonce: slot.nonce }))
    .filter(({ hash, nonce, fees }) => {
      const sending = sent.get(hash);
      if (!sending) return true;
      if (paysTooLittle(sending) && tooLow(fees, seen.market)) return false;
      return seen.pending <= nonce && hasWaited(sending, seen, blocks);
    });
  if (candidates.length === 0) return undefined;
  const ahead = signAhead(progress, seen, memory, policy);
  return { act: "send", candidates, ...(ahead && { ahead }) };
}

function replace({ affordable }: Replacements): Decision | undefined {
  return affordable.length > 0 ? { act: "replace", slots: affordable } : undefined;
}

function wait(
  { open, mined, final }: Progress,
  seen: Observation,
  { waiting: [first] }: Replacements,
): Decision {
  if (first) {
    const { slot, exceeds } = first;
    const reason = `nonce ${slot.nonce} to become cheap enough: replacing it exceeds the ${exceeds}`;
    return { act: "wait", reason };
  }
  if (open.length > 0) {
    const next = open[0]?.nonce;
    return { act: "wait", reason: `${open.length} on their way, next nonce ${next}` };
  }
  const last = Math.max(...mined.map(({ receipt }) => receipt.block), seen.head.number);
  const left = mined.length - final.length;
  return { act: "wait", reason: `${left} to become final (block ${last}, final ${seen.final})` };
}
