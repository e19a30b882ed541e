import { dataFee, quote } from "../fees.ts";
import type { Step } from "../plan.ts";
import type { Wei } from "../primitives.ts";
import { dearest } from "../transaction.ts";
import type { Batch, Decision, Obstacle, Policy } from "./decision.ts";
import type { Memory } from "./memory.ts";
import type { Observation, Progress } from "./progress.ts";

/** A batch is one object in the store and one burst at the node: its steps' data, in bytes. */
const BATCH_BYTES = 512 * 1024;

/** The longest run of steps that may be signed now: within window, size, order and budget. */
export function sign(
  progress: Progress,
  seen: Observation,
  memory: Memory,
  { budget, gas }: Policy,
): Decision | undefined {
  const { unsigned, open, mined, final, done, failed } = progress;
  if (failed.size > 0) return undefined;
  const fees = quote(seen.market, gas);
  const steps: Step[] = [];
  let cost = progress.committed;
  let bytes = 0;

  for (const step of unsigned.slice(0, Math.max(0, memory.window.size - open.length))) {
    if (step.waits && !step.after.every((id) => done.has(id))) break;
    cost += dearest({ gas: step.gas, value: step.value, fees }) + dataFee(seen.market, step.data);
    bytes += step.data.length / 2;
    if (steps.length > 0 && bytes > BATCH_BYTES) break;

    const obstacle = obstacleTo(step, cost, budget, seen);
    if (obstacle && steps.length === 0 && open.length === 0) {
      // Settled nonces count with what they cost, not with what they might have.
      if (final.length > 0) return { act: "settle", mined: final };
      if (mined.length === 0) return { act: "stop", obstacle };
    }
    if (obstacle) break;
    steps.push(step);
  }
  return steps.length > 0 ? { act: "sign", steps, fees } : undefined;
}

/**
 * What can be signed while what is signed is on its way: as much again. It is sent once the window
 * allows it, so the node never sees more at once.
 */
export function signAhead(
  progress: Progress,
  seen: Observation,
  memory: Memory,
  policy: Policy,
): Batch | undefined {
  const window = { ...memory.window, size: memory.window.size * 2 };
  const decision = sign(progress, seen, { ...memory, window }, policy);
  return decision?.act === "sign" ? { steps: decision.steps, fees: decision.fees } : undefined;
}

function obstacleTo(
  step: Step,
  cost: Wei,
  budget: Wei | null,
  { head }: Observation,
): Obstacle | undefined {
  if (step.gas > head.gasLimit) {
    const why = `${step.label} needs ${step.gas} gas; a block has ${head.gasLimit}.`;
    return { code: "step-too-big", why };
  }
  if (budget !== null && cost > budget) {
    const why = `With ${step.label} it may come to ${cost} wei; the budget is ${budget} wei.`;
    return { code: "budget-reached", why };
  }
  return undefined;
}
