import { bump, dataFee, type Fees } from "../fees.ts";
import { PRESETS } from "../gas-policy.ts";
import { isCancelled, newest, type Slot } from "../ledger/state.ts";
import { dearest } from "../transaction.ts";
import type { Decision, Policy } from "./decision.ts";
import { dearestOf, type Observation, type Progress } from "./progress.ts";

/**
 * What to do about a plan that was given up: every nonce that is signed and in no block yet gets a
 * cancellation. The bytes that were signed before may win all the same; then the step took effect.
 */
export function giveUp(
  progress: Progress,
  seen: Observation,
  policy: Policy,
): Decision | undefined {
  if (!progress.abandoned) return undefined;
  const slots = affordable(progress, seen, policy);
  if (slots.length > 0) return { act: "cancel", slots, why: "the release was given up" };

  const [first] = progress.open;
  if (!first || isCancelled(first)) return undefined;
  return overBudget(progress, first, policy);
}

/** The leading nonces that are not cancelled yet, as far as the budget goes. */
function affordable(
  { open, committed }: Progress,
  seen: Observation,
  { budget, gas = PRESETS.ethereum }: Policy,
): { slot: Slot; fees: Fees }[] {
  const found: { slot: Slot; fees: Fees }[] = [];
  let cost = committed;
  for (const slot of open.filter((one) => !isCancelled(one))) {
    const fees = bump(newest(slot).fees, seen.market, gas);
    const cancelling = dearest({ gas: gas.cancelling, value: 0n, fees });
    const more = cancelling + dataFee(seen.market, "0x") - dearestOf(slot, seen.market);
    cost += more > 0n ? more : 0n;
    if (budget !== null && more > 0n && cost > budget) break;
    found.push({ slot, fees });
  }
  return found;
}

/** Settled nonces count with what they cost, not with what they might have: that may be enough. */
function overBudget({ final, mined }: Progress, { nonce }: Slot, { budget }: Policy): Decision {
  if (final.length > 0) return { act: "settle", mined: final };
  if (mined.length > 0) return { act: "wait", reason: `${mined.length} to become final` };
  const why = `Cancelling nonce ${nonce} may exceed the budget of ${budget} wei.`;
  return { act: "stop", obstacle: { code: "budget-reached", why } };
}
