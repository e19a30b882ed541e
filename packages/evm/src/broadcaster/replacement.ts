import { bump, ceiling, type Fees, quote, tooLow } from "../fees.ts";
import { newest, type Slot } from "../ledger/state.ts";
import { dearest } from "../transaction.ts";
import type { Decision, Policy } from "./decision.ts";
import { hasWaited, type Memory, paysTooLittle } from "./memory.ts";
import { dearestOf, type Observation, type Progress } from "./progress.ts";

/**
 * What is stuck at many times the market's price is not stuck because of its price; without a limit, a
 * node that is cut off would let the fees grow until it is not.
 */
const DEAREST_MULTIPLE = 10n;

export type Replacements = {
  affordable: { slot: Slot; fees: Fees }[];
  /** Slots whose replacement would exceed the budget. */
  waiting: Slot[];
};

/** Which slots get dearer bytes now, in nonce order, and which would if the budget allowed it. */
export function replacements(
  { open, committed }: Progress,
  seen: Observation,
  memory: Memory,
  { patience, budget }: Policy,
): Replacements {
  const found: Replacements = { affordable: [], waiting: [] };
  let cost = committed;
  for (const slot of open.filter((one) => isStuck(one, seen, memory, patience))) {
    const fees = bump(newest(slot).fees, seen.market);
    if (isExorbitant(fees, seen)) continue;

    const more = dearest({ ...newest(slot), fees }) - dearestOf(slot);
    cost += more > 0n ? more : 0n;
    if (budget !== null && cost > budget) found.waiting.push(slot);
    else found.affordable.push({ slot, fees });
  }
  return found;
}

/** Blocks pass it by, or a node has said that it pays too little. */
function isStuck(slot: Slot, seen: Observation, memory: Memory, patience: number): boolean {
  const { hash, fees } = newest(slot);
  const sending = memory.sent.get(hash);
  if (!sending) return false;
  if (paysTooLittle(sending)) {
    const marketRose = ceiling(quote(seen.market)) > ceiling(fees);
    return marketRose || hasWaited(sending, seen);
  }
  const blocks = seen.head.number - sending.first;
  if (tooLow(fees, seen.market)) return blocks >= patience;
  return slot.nonce === seen.nonce && blocks >= 4 * patience;
}

function isExorbitant(fees: Fees, { market }: Observation): boolean {
  return ceiling(fees) > DEAREST_MULTIPLE * ceiling(quote(market));
}

/** A node that wants more than any market price cannot be satisfied. */
export function insatiable(
  { open }: Progress,
  seen: Observation,
  memory: Memory,
): Decision | undefined {
  for (const slot of open) {
    const { hash, fees, step } = newest(slot);
    const answer = memory.sent.get(hash)?.answer;
    if (answer?.verdict !== "fee-too-low" || !isExorbitant(bump(fees, seen.market), seen)) continue;
    const what = step ?? "a cancellation";
    return {
      act: "stop",
      obstacle: { code: "transaction-refused", what, said: answer.said },
    };
  }
  return undefined;
}
