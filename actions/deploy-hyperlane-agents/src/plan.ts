import type { Context, Report } from "@playbook/action";
import { changesOf, planDigest } from "./entry.ts";
import { dueIn, fundingText } from "./funding/summary.ts";
import { prepare } from "./prepare.ts";
import { lookAtRotations } from "./rotation.ts";
import type { Inputs } from "./run.ts";
import { leftIn } from "./sight.ts";
import { planSummary } from "./summary.ts";

/** What would be done and what is in its way; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, context, stack);
  const { sight, findings, funding, fundingSight, chains } = prepared;
  const rotations = await lookAtRotations(inputs.rotate, sight, context);
  const entries = sight.agents.map(({ entry }) => entry);
  return {
    outputs: {
      "plan-digest": planDigest(entries, funding),
      changes: changesOf(entries),
      findings,
      funding: dueIn(fundingSight),
      rotations,
      left: leftIn(sight),
      unreached: sight.unreached.map(({ chain }) => chain),
      "can-apply": findings.every(({ level }) => level !== "error"),
    },
    summary: planSummary(
      sight,
      findings,
      rotations,
      fundingSight && fundingText(fundingSight, chains.all),
    ),
  };
}
