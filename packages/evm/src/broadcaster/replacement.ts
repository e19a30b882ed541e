import { bump, ceiling, type Fees, overCap, quote, tooLow } from "../fees.ts";
import { type GasPolicy, PRESETS } from "../gas-policy.ts";
import { newest, type Slot } from "../ledger/state.ts";
import type { Decision, Policy } from "./decision.ts";
import { hasWaited, type Memory, paysTooLittle } from "./memory.ts";
import { costOf, dearestOf, type Observation, type Progress } from "./progress.ts";

/**
 * What is stuck at many times the market's price is not stuck because of its price; without a
 * limit, a node that is cut off would let the fees grow until it is not.
 */
const DEAREST_MULTIPLE = 10n;

export type Replacements = {
  affordable: { slot: Slot; fees: Fees }[];
  /** Slots whose replacement would exceed what the run may spend. */
  waiting: { slot: Slot; exceeds: "budget" | "cap on fees" }[];
};

/** Which slots get dearer bytes now, in nonce order, and which would if the budget allowed it. */
export function replacements(
  { open, committed }: Progress,
  seen: Observation,
  memory: Memory,
  { patience, budget, gas = PRESETS.ethereum }: Policy,
): Replacements {
  const found: Replacements = { affordable: [], waiting: [] };
  let cost = committed;
  for (const slot of open.filter((one) => isStuck(one, seen, memory, patience, gas))) {
    const fees = bump(newest(slot).fees, seen.market, gas);
    if (isExorbitant(fees, seen, gas)) continue;

    const more = costOf({ ...newest(slot), fees }, seen.market) - dearestOf(slot, seen.market);
    const after = cost + (more > 0n ? more : 0n);
    if (overCap(fees, gas)) found.waiting.push({ slot, exceeds: "cap on fees" });
    else if (budget !== null && after > budget) found.waiting.push({ slot, exceeds: "budget" });
    else {
      found.affordable.push({ slot, fees });
      cost = after;
    }
  }
  return found;
}

/** Blocks pass it by, or a node has said that it pays too little. */
function isStuck(
  slot: Slot,
  seen: Observation,
  memory: Memory,
  patience: number,
  gas: GasPolicy,
): boolean {
  const { hash, fees } = newest(slot);
  const sending = memory.sent.get(hash);
  if (!sending) return false;
  if (paysTooLittle(sending)) {
    const marketRose = ceiling(quote(seen.market, gas)) > ceiling(fees);
    return marketRose || hasWaited(sending, seen);
  }
  const blocks = seen.head.number - sending.first;
  if (tooLow(fees, seen.market)) return blocks >= patience;
  return slot.nonce === seen.nonce && blocks >= 4 * patience;
}

function isExorbitant(fees: Fees, { market }: Observation, gas: GasPolicy): boolean {
  return ceiling(fees) > DEAREST_MULTIPLE * ceiling(quote(market, gas));
}

/** A node that wants more than any market price cannot be satisfied. */
export function insatiable(
  { open }: Progress,
  seen: Observation,
  memory: Memory,
  { gas = PRESETS.ethereum }: Policy,
): Decision | undefined {
  for (const slot of open) {
    const { hash, fees, step } = newest(slot);
    const answer = memory.sent.get(hash)?.answer;
    if (answer?.verdict !== "fee-too-low") continue;
    if (!isExorbitant(bump(fees, seen.market, gas), seen, gas)) continue;
    const what = step ?? "a cancellation";
    return {
      act: "stop",
      obstacle: { code: "price-refused", what, said: answer.said },
    };
  }
  return undefined;
}
