import { ActionError, type Context } from "@playbook/action";
import { leaderOf } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import { until } from "@playbook/kube";
import { markBegun, markCaughtUp, progressOf } from "./caught-up.ts";
import { isFilledWith, type VolumeParts } from "./claim.ts";
import { type Goal, Nodes } from "./nodes.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import { changedText, heightOf, orderOf } from "./ready.ts";
import type { Rendered } from "./target.ts";
import { clearVolume, fillVolumes, forgetFilled } from "./volumes.ts";

export type Starting = { prepared: Prepared; parts: VolumeParts; inputs: Inputs; context: Context };

const podOf = ({ name }: Rendered) => `${name}-0`;

/**
 * Starts the node without a vote alone. From it validators catch up, in groups of which none makes blocks;
 * each is stopped when it has: whoever tells others of a block that it cannot prove keeps them from the
 * one who can. The last one stays, with that block's proof in its memory, and proposes the next block when
 * all others are started. The height of the chain when it goes on. Throws `restored-differs`,
 * `restored-stands`, `restored-splits`, `old-cluster-signs`; all but the second stop every node.
 */
export async function startChain(starting: Starting): Promise<number> {
  const { old, target, validators, sync } = starting.prepared;
  try {
    const height = await inOrder(starting);
    await old?.checkShut();
    return height;
  } catch (error) {
    if (isFatal(error)) for (const { name } of [...validators, sync]) await target.stop(name);
    throw error;
  }
}

async function inOrder(starting: Starting): Promise<number> {
  const { prepared, parts, inputs, context } = starting;
  const { kube, backup, base, target, validators, sync } = prepared;
  const nodes = new Nodes(kube, inputs, backup.manifest, context);
  await target.start(sync.name);
  if (!(await isFilledWith(parts, sync, backup.id))) {
    await start(starting, validators);
    return goOn(nodes, prepared);
  }
  await nodes.agreed([podOf(sync)]);
  const goal = await nodes.goal(podOf(sync));
  const sets = await nodes.validators(podOf(sync), [heightOf(base), goal.height]);
  const changed = changedText(sets);
  if (changed) context.warn(changed);
  const { groups, last } = orderOf(sets, validators, leadersAfter(goal, sets.at(-1) ?? []));
  const among = (ids: readonly string[]) =>
    validators.filter(({ validator }) => validator !== null && ids.includes(validator));
  const voters = among([...groups.flat(), last]);
  const isOn = await nodes.isBeyond(voters.map(podOf), goal);
  if (
    !isOn &&
    !(await areReady(parts, { others: among(groups.flat()), last: among([last]), goal }))
  ) {
    for (const group of [...groups, [last]]) {
      await catchUp(starting, { nodes, goal, group: among(group), stays: group.includes(last) });
    }
  }
  await start(starting, voters);
  return nodes.advance(voters.map(podOf), goal);
}

async function start({ prepared, context }: Starting, sets: readonly Rendered[]): Promise<void> {
  const { old, target } = prepared;
  await old?.checkShut();
  for (const { name } of sets) await target.start(name);
  context.progress(`${sets.map(({ name }) => name).join(", ")} are started.`);
}

/** Who leads the rounds after the one that is over before all are there. */
function leadersAfter({ height }: Goal, set: ValidatorSet): string[] {
  return set.map((_, at) => leaderOf(set, height + 1, at + 1));
}

type Ready = { others: readonly Rendered[]; last: readonly Rendered[]; goal: Goal };

/** Whether all have caught up, and the last one has not been restarted since. */
async function areReady(parts: VolumeParts, { others, last, goal }: Ready): Promise<boolean> {
  const stateOf = (set: Rendered) => progressOf(parts, set, goal);
  const [before, stays] = await Promise.all([
    Promise.all(others.map(stateOf)),
    Promise.all(last.map(stateOf)),
  ]);
  return !before.includes("behind") && stays.every((state) => state === "here");
}

type Group = { nodes: Nodes; goal: Goal; group: readonly Rendered[]; stays: boolean };

async function catchUp(starting: Starting, { nodes, goal, group, stays }: Group): Promise<void> {
  const { prepared, parts, context } = starting;
  const { target } = prepared;
  const states = await Promise.all(group.map((set) => progressOf(parts, set, goal)));
  if (stays && states.includes("here")) return;
  // What it had in its memory went with its process: it gets the block once more.
  if (stays && states.includes("over")) await beginAgain(starting, group);
  const behind = group.filter((_, at) => stays || states[at] === "behind");
  await target.gone(group.filter((set) => !behind.includes(set)).map(({ name }) => name));
  if (stays) for (const set of behind) await markBegun(parts, set);
  if (behind.length === 0) return;
  await start(starting, behind);
  const arrived = await Promise.allSettled(
    behind.map(async (set) => {
      await nodes.caughtUp(podOf(set), goal);
      await markCaughtUp(parts, set, goal);
      context.progress(`${set.name} has caught up with block ${goal.height}.`);
      if (!stays) await target.gone([set.name]);
    }),
  );
  for (const each of arrived) if (each.status === "rejected") throw each.reason;
}

async function beginAgain({ prepared, parts }: Starting, sets: readonly Rendered[]): Promise<void> {
  const { base, target } = prepared;
  await target.gone(sets.map(({ name }) => name));
  for (const set of sets) await forgetFilled(parts, set);
  await fillVolumes(
    parts,
    sets.map((set) => ({ set, content: base?.manifest ?? null })),
  );
}

/** Sees a chain go on that had gone on already when a run before it ended. */
async function goOn(nodes: Nodes, { backup, validators }: Prepared): Promise<number> {
  const pods = validators.map(podOf);
  await nodes.agreed(pods);
  return nodes.advance(pods, backup.manifest.block);
}

/**
 * The node that had the backup has one block of the old chain that no other has: its volume is made anew
 * with what the validators began with, and it follows the chain.
 */
export async function renewSync({ prepared, parts, inputs, context }: Starting): Promise<void> {
  const { kube, backup, base, target, validators, sync } = prepared;
  const nodes = new Nodes(kube, inputs, backup.manifest, context);
  const [one] = validators;
  if (!one || !(await isFilledWith(parts, sync, backup.id))) return;
  if (await nodes.isOn(podOf(sync), podOf(one))) return;
  context.progress(`${sync.name} has a block that was not made: its volume is made anew.`);
  await target.stop(sync.name);
  await clearVolume(parts, sync);
  await fillVolumes(parts, [{ set: sync, content: base?.manifest ?? null }]);
  await target.start(sync.name);
  await until(
    () => nodes.isOn(podOf(sync), podOf(one)),
    (isOn) => isOn,
    { what: `${sync.name} follows the chain`, deadlineMs: inputs.startTimeout, context },
  );
}

const FATAL = ["restored-differs", "restored-splits", "old-cluster-signs"];

function isFatal(error: unknown): boolean {
  return error instanceof ActionError && FATAL.includes(error.code);
}
