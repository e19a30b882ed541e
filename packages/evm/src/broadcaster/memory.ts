import type { Receipt } from "../endpoint.ts";
import { type Candidate, type LedgerState, newest, type OpenPlan } from "../ledger/state.ts";
import type { Hex } from "../primitives.ts";
import type { SendVerdict } from "../refusal.ts";
import type { Observation } from "./progress.ts";
import { adapt, fill, narrow, openWindow, type Window } from "./window.ts";

/** What this run remembers of its own doing. Losing it costs repetition, never correctness. */
export type Memory = {
  /** What became of the bytes that were handed to a node, by hash. */
  sent: Map<Hex, Sending>;
  /** What this run has signed itself. */
  signed: Set<Hex>;
  /** Receipts that are final: nobody asks for them again. */
  final: Map<Hex, Receipt>;
  window: Window;
  /** False while bytes that an earlier run stored have not been tried on the present state. */
  rehearsed: boolean;
  /** The last look that showed every settled nonce as used. */
  inOrder: number;
};

export type Sending = {
  /** The head when it was sent first and last, and the look when it was sent last. */
  first: number;
  block: number;
  look: number;
  answer: SendVerdict;
  /** The account's next nonce when that was said. */
  next: number;
  /** How often nodes have refused it for its own sake. */
  refusals: number;
};

/** Looks at the chain without a new block after which something is tried again. */
const LOOKS_BEFORE_RETRY = 6;

export function freshMemory(window: number, resumed: boolean): Memory {
  return {
    sent: new Map(),
    signed: new Set(),
    final: new Map(),
    window: openWindow(window),
    rehearsed: !resumed,
    inOrder: 0,
  };
}

/**
 * Notes what a node said of bytes; true when they are there by this run. A node knows what it is
 * given for the first time when the reply to an earlier try was lost.
 */
export function note(
  memory: Memory,
  { hash, nonce }: Candidate & { nonce: number },
  answer: SendVerdict,
  { head, look, nonce: next }: Observation,
): boolean {
  const known = memory.sent.get(hash);
  const refusals = (known?.refusals ?? 0) + (answer.verdict === "refused" ? 1 : 0);
  const first = known?.first ?? head.number;
  memory.sent.set(hash, { first, block: head.number, look, answer, next, refusals });

  const full = answer.verdict === "too-early" || (answer.verdict === "no-funds" && nonce > next);
  memory.window = full
    ? narrow(memory.window, nonce - next)
    : fill(memory.window, next, Math.max(nonce, memory.window.round?.to ?? nonce));
  const isOurs = answer.verdict === "known" && memory.signed.has(hash);
  return !known && (answer.verdict === "taken" || isOurs);
}

/** Notes what a look at the chain says of the window and of the node. */
export function remember(
  memory: Memory,
  ledger: LedgerState & { open: OpenPlan },
  seen: Observation,
): void {
  const lost = ledger.open.slots.find((slot) => {
    const sending = memory.sent.get(newest(slot).hash);
    return slot.nonce >= seen.pending && sending !== undefined && isGone(sending, seen);
  });
  memory.window = adapt(memory.window, seen, lost?.nonce);
  if (seen.nonce >= ledger.nonce) memory.inOrder = seen.look;
  for (const [hash, receipt] of seen.receipts) {
    if (receipt.block <= seen.final) memory.final.set(hash, receipt);
  }
}

/** The nonce up to which the node should count what it took; 0 when it does not show its pool. */
export function handedTo({ sent, window }: Memory, { open }: LedgerState): number {
  if (!window.countsPending) return 0;
  const taken = open?.slots.findLast((slot) => isTaken(sent.get(newest(slot).hash)));
  return taken ? taken.nonce + 1 : 0;
}

/** Taken by a node at least a block ago. */
function isGone(sending: Sending, { head }: Observation): boolean {
  return isTaken(sending) && head.number > sending.block;
}

function isTaken(sending: Sending | undefined): boolean {
  return sending?.answer.verdict === "taken" || sending?.answer.verdict === "known";
}

/** True when the chain has had its chance with what was sent: blocks, or many looks without one. */
export function hasWaited({ block, look }: Sending, seen: Observation, blocks = 1): boolean {
  return seen.head.number >= block + blocks || seen.look - look >= LOOKS_BEFORE_RETRY;
}

/** True when a node has said that it would take the bytes if they paid more. */
export function paysTooLittle(sending: Sending): boolean {
  return sending.answer.verdict === "fee-too-low";
}
