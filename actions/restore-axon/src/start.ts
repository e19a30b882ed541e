import { ActionError, type Context } from "@playbook/action";
import { leaderOf } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";
import { until } from "@playbook/kube";
import { markBegun, markCaughtUp, progressOf } from "./caught-up.ts";
import { isFilledWith, type VolumeParts } from "./claim.ts";
import { type Goal, Nodes } from "./nodes.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import { checkNext, heightOf, newcomersText, orderOf } from "./ready.ts";
import type { Rendered } from "./target.ts";
import { clearVolume, fillVolumes, forgetFilled } from "./volumes.ts";

export type Starting = { prepared: Prepared; parts: VolumeParts; inputs: Inputs; context: Context };

const podOf = ({ name }: Rendered) => `${name}-0`;

/**
 * Starts the node without a vote alone. From it validators catch up, in groups of which none makes
 * blocks; each is stopped when it has: whoever tells others of a block that it cannot prove keeps
 * them from the one who can. The last one stays, with that block's proof in its memory, and
 * proposes the next block when all others are started. The height of the chain when it goes on.
 * Throws `restored-differs`, `restored-stands`, `restored-splits`, `old-cluster-signs`,
 * `restored-elsewhere`; all but the second stop every node.
 */
export async function startChain(starting: Starting): Promise<number> {
  const { old, target, validators, sync, destination } = starting.prepared;
  try {
    const height = await inOrder(starting);
    await old?.checkShut(destination);
    return height;
  } catch (error) {
    if (isFatal(error)) for (const { name } of [...validators, sync]) await target.stop(name);
    throw error;
  }
}

async function inOrder(starting: Starting): Promise<number> {
  const { prepared, parts, inputs, context } = starting;
  const { kube, backup, target, validators, sync } = prepared;
  const nodes = new Nodes(kube, inputs, backup.manifest, context);
  await target.start(sync.name);
  if (!(await isFilledWith(parts, sync, backup.id))) {
    await start(starting, validators);
    return goOn(nodes, prepared);
  }
  await nodes.agreed([podOf(sync)]);
  const lineup = await lineUp(starting, nodes);
  const { goal, groups, last, voters } = lineup;
  if (!(await nodes.isBeyond(voters.map(podOf), goal)) && !(await areReady(parts, lineup))) {
    await checkGoal(prepared, lineup);
    for (const group of groups) await catchUp(starting, lineup, group);
    await catchUpLast(starting, lineup, last);
  }
  await start(starting, voters);
  return nodes.advance(voters.map(podOf), goal);
}

/** Who catches up with what: groups one after the other, then the one that stays. */
type Lineup = {
  nodes: Nodes;
  goal: Goal;
  /** Who votes for the goal. */
  now: ValidatorSet;
  groups: Rendered[][];
  last: Rendered;
  /** All of them. */
  voters: Rendered[];
  /**
   * In which epoch the one that stays has to start once more, by its first block; null for none.
   */
  epoch: number | null;
};

async function lineUp({ prepared, context }: Starting, nodes: Nodes): Promise<Lineup> {
  const { base, validators, sync } = prepared;
  const goal = await nodes.goal(podOf(sync));
  const sets = await nodes.validators(podOf(sync), heightOf(base), goal.height);
  const order = orderOf(sets, validators, leadersAfter(goal, sets.at(-1) ?? []));
  const among = (ids: readonly string[]) =>
    validators.filter(({ validator }) => validator !== null && ids.includes(validator));
  const [last] = among([order.last]);
  if (!last) throw new Error(`${order.last} is none of the validators that are here.`);
  const text = newcomersText(sets);
  const epoch = text ? await nodes.epochToRead(podOf(sync), goal) : null;
  if (epoch !== null) context.progress(text);
  return {
    ...{ nodes, goal, last, epoch, now: sets.at(-1) ?? [] },
    groups: order.groups.map(among),
    voters: among([...order.groups.flat(), order.last]),
  };
}

/** What a node has may go on for some blocks after its backup's. Throws `backup-ends-epoch`. */
async function checkGoal({ backup, sync }: Prepared, { nodes, goal, now }: Lineup): Promise<void> {
  const next = await nodes.validatorsAfter(podOf(sync), goal);
  checkNext(now, next, { id: backup.id, block: goal });
}

async function start({ prepared, context }: Starting, sets: readonly Rendered[]): Promise<void> {
  const { old, target, destination } = prepared;
  await old?.checkShut(destination);
  for (const { name } of sets) await target.start(name);
  context.progress(`Started: ${sets.map(({ name }) => name).join(", ")}.`);
}

/** Who leads the rounds after the one that is over before all are there. */
function leadersAfter({ height }: Goal, set: ValidatorSet): string[] {
  return set.map((_, at) => leaderOf(set, height + 1, at + 1));
}

/** Whether all have caught up, and the last one has not been restarted since. */
async function areReady(parts: VolumeParts, { groups, last, goal }: Lineup): Promise<boolean> {
  const states = await Promise.all(groups.flat().map((set) => progressOf(parts, set, goal)));
  return !states.includes("behind") && (await progressOf(parts, last, goal)) === "here";
}

/** They are stopped when they have caught up. */
async function catchUp(
  starting: Starting,
  { nodes, goal }: Lineup,
  group: readonly Rendered[],
): Promise<void> {
  const { prepared, parts, context } = starting;
  const { target } = prepared;
  const states = await Promise.all(group.map((set) => progressOf(parts, set, goal)));
  const behind = group.filter((_, at) => states[at] === "behind");
  await target.gone(group.filter((set) => !behind.includes(set)).map(({ name }) => name));
  if (behind.length === 0) return;
  await start(starting, behind);
  const arrived = await Promise.allSettled(
    behind.map(async (set) => {
      await nodes.caughtUp(podOf(set), goal);
      await markCaughtUp(parts, set, goal);
      context.progress(`${set.name} has caught up with block ${goal.height}.`);
      await target.gone([set.name]);
    }),
  );
  for (const each of arrived) if (each.status === "rejected") throw each.reason;
}

/** It stays, with the block's proof in its memory. */
async function catchUpLast(
  starting: Starting,
  { nodes, goal, epoch }: Lineup,
  last: Rendered,
): Promise<void> {
  const { parts, context } = starting;
  const state = await progressOf(parts, last, goal);
  if (state === "here") return;
  // What it had in its memory went with its process: it gets the block once more.
  if (state === "over") await beginAgain(starting, last);
  await markBegun(parts, last);
  await start(starting, [last]);
  if (epoch !== null) await startInEpoch(starting, { nodes, goal, epoch, set: last });
  await nodes.caughtUp(podOf(last), goal);
  await markCaughtUp(parts, last, goal);
  context.progress(`${last.name} has caught up with block ${goal.height}.`);
}

type InEpoch = { nodes: Nodes; goal: Goal; epoch: number; set: Rendered };

/**
 * In axonweb3/axon who has only followed into an epoch reads its newcomers' keys when it starts in
 * it. So the one that stays starts anew on its way, while nobody gives it blocks, and gets the
 * rest, with the last one's proof, after that. Source: Axon v0.3.1, `init_crypto` and
 * `ConsensusEngine::update_status`.
 */
async function startInEpoch(starting: Starting, { nodes, goal, epoch, set }: InEpoch) {
  const { prepared, context } = starting;
  const { target, sync } = prepared;
  await nodes.reached(podOf(set), epoch, goal);
  await target.gone([sync.name]);
  const height = await nodes.height(podOf(set));
  // One block that it has asked for may still come to be there.
  if (height + 1 < goal.height) {
    context.progress(`${set.name} starts anew at block ${height}, to read the newcomers' keys.`);
    await target.gone([set.name]);
    await start(starting, [set]);
  } else context.warn(tooLate(set, epoch, goal));
  await target.start(sync.name);
}

function tooLate({ name }: Rendered, epoch: number, { height }: Goal): string {
  return (
    `${name} was past block ${height} before it could be started anew in the epoch of ` +
    `block ${epoch}: with axonweb3/axon it refuses what newcomers sign, and the chain ` +
    "may not go on. If it does not, restore with a `base` from after that block, or a " +
    "backup that is some 200 blocks past it."
  );
}

async function beginAgain({ prepared, parts }: Starting, set: Rendered): Promise<void> {
  const { base, target } = prepared;
  await target.gone([set.name]);
  await forgetFilled(parts, set);
  await fillVolumes(parts, [{ set, content: base?.manifest ?? null }]);
}

/** Sees a chain go on that had gone on already when a run before it ended. */
async function goOn(nodes: Nodes, { backup, validators }: Prepared): Promise<number> {
  const pods = validators.map(podOf);
  await nodes.agreed(pods);
  return nodes.advance(pods, backup.manifest.block);
}

/**
 * The node that had the backup has one block of the old chain that no other has: its volume is made
 * anew with what the validators began with, and it follows the chain.
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

const FATAL = ["restored-differs", "restored-splits", "old-cluster-signs", "restored-elsewhere"];

function isFatal(error: unknown): boolean {
  return error instanceof ActionError && FATAL.includes(error.code);
}
