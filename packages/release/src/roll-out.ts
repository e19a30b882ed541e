import { randomUUID } from "node:crypto";
import type { Context } from "@playbook/action";
import { type Entry, type Result, RolloutRecord } from "@playbook/rollout";
import { Beginning } from "./beginning.ts";
import { removeLeftovers } from "./leftovers.ts";
import { othersLacking } from "./others.ts";
import type { Finding } from "./preflight/finding.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import type { Way } from "./way.ts";

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
    // It may have turned back meanwhile: the next run goes on as this one went last.
    await record.leave(record.last ?? entry);
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

/** A run that died goes on as it went: forward, or back. */
async function entryOf(
  { release, version }: Prepared,
  { run }: Inputs,
  record: RolloutRecord,
  { from, stopping }: Way,
): Promise<Entry> {
  const isHeld = stopping && record.last?.outcome === "held" && (await release.isApplied());
  const before = record.unfinished ?? (isHeld ? record.last : undefined);
  return {
    run: `${run}, ${randomUUID().slice(0, 8)}`,
    direction: before?.direction ?? "forward",
    from: from ?? before?.from ?? (await release.deployed()),
    was: before?.was ?? version.from ?? undefined,
    stoppedAfter: before?.stoppedAfter,
    outcome: "",
  };
}
