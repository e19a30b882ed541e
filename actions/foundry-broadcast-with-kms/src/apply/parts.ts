import { ActionError } from "@playbook/action";
import {
  type ChainDone,
  type Deployment,
  DeploymentRecord,
  deploymentName,
  type Plan,
} from "@playbook/evm";
import type { Store } from "@playbook/state";
import { checkDivision, checkSequence } from "../parts.ts";
import type { Offer } from "./offer.ts";

/** A part of a release that is on the chains, with what it came to. */
export type DonePart = { plan: Plan; done: Map<string, ChainDone> };

/**
 * Refuses a part that is not due: the part before has to be finished, and the plan made on its end.
 * Throws `part-not-due`, `release-divided`, `scripts-changed` or `plan-stale`.
 */
export async function checkDue(
  store: Store,
  deployment: Deployment,
  offer: Offer | undefined,
): Promise<void> {
  const { part = 1 } = deployment;
  if (part === 1) return;
  const record = recordOf(store, { ...deployment, part: part - 1 });
  const state = await record.read();
  if (state.stage === "new") throw notDue(deployment, "not begun");
  const before = await record.plan(state.plan);
  checkDivision(before, deployment);
  if (state.stage !== "finished") throw notDue(deployment, "not finished");
  if (!offer) return;

  const { scripts = [], after } = offer.plan.stepwise ?? {};
  checkSequence(before, deployment, scripts);
  if (after !== state.plan) throw staleEnd(part, String(after), state.plan);
}

/** The parts of the release up to a finished one, in order; of a whole release that alone. */
export async function partsUpTo(store: Store, last: DonePart): Promise<DonePart[]> {
  const { part = 1 } = last.plan.deployment;
  const earlier = Array.from({ length: part - 1 }, async (_, index): Promise<DonePart> => {
    const record = recordOf(store, { ...last.plan.deployment, part: index + 1 });
    const state = await record.read();
    if (state.stage !== "finished") throw notDue(last.plan.deployment, "not finished");
    return { plan: await record.plan(state.plan), done: state.done };
  });
  return [...(await Promise.all(earlier)), last];
}

function recordOf(store: Store, deployment: Deployment): DeploymentRecord {
  return new DeploymentRecord(store, deployment, "reader");
}

function notDue(deployment: Deployment, stage: string): ActionError {
  const before = Number(deployment.part) - 1;
  return new ActionError("part-not-due", {
    what: `It is not the turn of ${deploymentName(deployment)}.`,
    why: `Part ${before} is ${stage}, and each part goes on from the end of the one before.`,
    next: `Run \`stepwise: ${before}\` of this release to its end, then this one.`,
  });
}

function staleEnd(part: number, planned: string, found: string): ActionError {
  return new ActionError("plan-stale", {
    what: `The plan of part ${part} was not made on the end of part ${part - 1}.`,
    why: `It goes on from plan ${planned}; on the chains is plan ${found}.`,
    next: `Plan part ${part} again, with the results that part ${part - 1} has left behind.`,
  });
}
