import { randomUUID } from "node:crypto";
import { ActionError, type Context, need, type Report } from "@playbook/action";
import { admit, type Finding } from "@playbook/release";
import { RolloutRecord } from "@playbook/rollout";
import { ofChains } from "./chain-findings.ts";
import { isApproved, planDigest } from "./entry.ts";
import { isInNeed } from "./findings.ts";
import { type FundingResult, fund } from "./funding/fund.ts";
import { fundedReport } from "./funding/summary.ts";
import type { Funding } from "./funding/targets.ts";
import { type Prepared, prepare } from "./prepare.ts";
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
  const { kube, sight, findings, funding, chains } = prepared;
  const entries = sight.agents.map(({ entry }) => entry);
  checkPlan(planDigest(entries, funding), inputs.planDigest);
  admit(findings, context);
  const funded = funding && (await fundAll(inputs, prepared, funding, context));

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
  return reportOf(result, [...findings, ...lost], funded && fundedReport(funded, chains.all));
}

/**
 * Pays agents before anything is moved. What keeps an agent that is yet to be installed from being
 * paid ends the run here: it would not come up.
 */
async function fundAll(
  inputs: Inputs,
  { sight, chains, funds }: Prepared,
  funding: Funding,
  context: Context,
): Promise<FundingResult> {
  const state = need(inputs.state, "state", "apply");
  const { role, run, repository, namespace } = inputs;
  const own = { ...funding, role, state, run, fleet: { repository, namespace } };
  const entries = sight.agents.map(({ entry }) => entry);
  const result = await fund(own, { entries, chains }, context);
  const needy = new Set(funds.filter(isInNeed).map(({ chain }) => chain));
  const urgent = result.unpaid.find(({ chain }) => needy.has(chain));
  if (urgent) throw urgent.error;
  return result;
}

/** Chains that have stopped answering since the rollout began. */
function lostMeanwhile(before: Sight, { unreached }: Sight): Finding[] {
  const known = new Set(before.unreached.map(({ chain }) => chain));
  return ofChains({ unreached: unreached.filter(({ chain }) => !known.has(chain)) });
}

function checkPlan(planned: string, approved: string | undefined): void {
  if (approved === undefined || isApproved(planned, approved)) return;
  throw new ActionError("plan-changed", {
    what: "The plan is not the one that was approved.",
    why: `Its digest is ${planned}. Approved was ${approved}.`,
    next: "Plan again and approve that plan; nothing was changed.",
  });
}
