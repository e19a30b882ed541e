import { randomUUID } from "node:crypto";
import { ActionError, type Context, type Report } from "@playbook/action";
import { admit, type Finding } from "@playbook/release";
import { RolloutRecord } from "@playbook/rollout";
import { planDigest } from "./entry.ts";
import { ofChains } from "./findings.ts";
import { prepare } from "./prepare.ts";
import { AgentRollout } from "./rollout.ts";
import type { Inputs } from "./run.ts";
import type { Sight } from "./sight.ts";
import { reportOf } from "./summary.ts";

/** Under this name the run says in the cluster that it is alive. */
const RECORD = "hyperlane-agents";

/** Brings the plan about: one agent at a time, and never a set below its threshold. */
export async function apply(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const { namespace } = inputs;
  const prepared = await prepare(inputs, context, stack);
  const { kube, sight, findings } = prepared;
  checkPlan(planDigest(sight.agents.map(({ entry }) => entry)), inputs.planDigest);
  admit(findings, context);

  const record = await RolloutRecord.open(kube, { namespace, release: RECORD }, context);
  const run = `${inputs.run}, ${randomUUID().slice(0, 8)}`;
  const entry = { run, direction: "forward" as const, from: 0, outcome: "" };
  await record.begin(entry);
  const alive = <Done>(work: Promise<Done>) => record.during(entry, work);
  const rollout = new AgentRollout(prepared, inputs, context, alive);
  const result = await rollout.run().catch(async (error) => {
    await record.leave(entry);
    throw error;
  });
  await record.write({ ...entry, outcome: result.outcome });
  const lost = lostMeanwhile(prepared.sight, result.sight);
  admit(lost, context);
  return reportOf(result, [...findings, ...lost]);
}

/** Chains that have stopped answering since the rollout began. */
function lostMeanwhile(before: Sight, { unreached }: Sight): Finding[] {
  const known = new Set(before.unreached.map(({ chain }) => chain));
  return ofChains({ unreached: unreached.filter(({ chain }) => !known.has(chain)) });
}

function checkPlan(planned: string, approved: string | undefined): void {
  if (approved === undefined || planned === approved) return;
  throw new ActionError("plan-changed", {
    what: "The plan is not the one that was approved.",
    why: `Its digest is ${planned}. Approved was ${approved}.`,
    next: "Plan again and approve that plan; nothing was changed.",
  });
}
