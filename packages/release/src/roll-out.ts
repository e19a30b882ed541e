import { randomUUID } from "node:crypto";
import type { Context } from "@playbook/action";
import { type Entry, leave, type Result, RolloutRecord } from "@playbook/rollout";
import { Beginning } from "./beginning.ts";
import { begunBefore } from "./begun.ts";
import { removeLeftovers } from "./leftovers.ts";
import { othersLacking } from "./others.ts";
import type { Finding } from "./preflight/finding.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import { kindOf, type Way } from "./way.ts";

/** What a rollout came to, and what of the release is not up beside the validators. */
export type RolledOut = Result & { lacking?: readonly Finding[] };

/** Brings a release about: one validator at a time, never fewer votes than commit a block. */
export async function rollOut(
  prepared: Prepared,
  inputs: Inputs,
  context: Context,
  way: Way = {},
): Promise<RolledOut> {
  const { namespace, release } = inputs;
  const record = await RolloutRecord.open(prepared.kube, { namespace, release }, context);
  const entry = await entryOf(prepared, inputs, record, way);
  await record.begin(entry);
  const beginning = new Beginning(prepared, inputs, context, { record, entry, way });
  const rollout = await beginning.rollout().catch(async (error) => {
    const { kube, observer } = prepared;
    // It may have turned back meanwhile: the next run goes on as this one went last.
    await leave({ kube, observer, record, context }, record.last ?? entry, error);
    throw error;
  });
  const result = await rollout.run();
  if (result.outcome !== "done") return result;
  await clear(prepared, inputs);
  const lacking = await othersLacking(prepared, inputs, context);
  for (const { at, why, next } of lacking) context.warn(`${at}: ${why} ${next}`);
  return { ...result, lacking };
}

async function clear({ kube, release }: Prepared, inputs: Inputs): Promise<void> {
  await removeLeftovers(kube, inputs, await release.manifests());
}

/** What an earlier run has begun is gone on with as it went: forward, or back. */
async function entryOf(
  prepared: Prepared,
  { run }: Inputs,
  record: RolloutRecord,
  way: Way,
): Promise<Entry> {
  const { release, version } = prepared;
  const kind = kindOf(way);
  const isHeld = way.stopping && record.last?.outcome === "held" && (await release.isApplied());
  const begun = await begunBefore(prepared, record.last, kind);
  const before = begun ?? (isHeld ? record.last : undefined);
  return {
    run: `${run}, ${randomUUID().slice(0, 8)}`,
    direction: before?.direction ?? "forward",
    from: before?.from ?? (await release.deployed()),
    was: before?.was ?? version.from ?? undefined,
    ...{ to: version.to, kind },
    stoppedAfter: before?.stoppedAfter,
    outcome: "",
  };
}
