import { ActionError, type Context } from "@playbook/action";
import { until } from "@playbook/kube";
import { Nodes } from "./nodes.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import { changedText, heightOf, orderOf } from "./ready.ts";
import type { Rendered } from "./target.ts";
import { clearVolume, fillVolumes, isFilledWith, type VolumeParts } from "./volumes.ts";

export type Starting = { prepared: Prepared; parts: VolumeParts; inputs: Inputs; context: Context };

const podOf = ({ name }: Rendered) => `${name}-0`;

/**
 * Starts the node without a vote alone, then validators in two groups, of which neither makes blocks
 * alone: each catches up from the node that has the backup, and has that block's proof from it. The
 * height of the chain when it goes on. Throws `restored-differs`, `restored-stands`, `restored-splits`,
 * `old-cluster-signs`; all but the second stop every node.
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

async function inOrder({ prepared, parts, inputs, context }: Starting): Promise<number> {
  const { kube, backup, base, old, target, validators, sync } = prepared;
  const nodes = new Nodes(kube, inputs, backup.manifest, context);
  const start = async (group: readonly Rendered[]) => {
    await old?.checkShut();
    for (const { name } of group) await target.start(name);
    context.progress(`${group.map(({ name }) => name).join(", ")} are started.`);
  };
  await target.start(sync.name);
  if (!(await isFilledWith(parts, sync, backup.id))) {
    await start(validators);
    return goOn(nodes, prepared);
  }
  await nodes.agreed([podOf(sync)]);
  const goal = await nodes.goal(podOf(sync));
  const sets = await nodes.validators(podOf(sync), [heightOf(base), goal.height]);
  const { first, rest } = orderOf(sets, validators);
  const changed = changedText(sets);
  if (changed) context.warn(changed);
  const among = (ids: readonly string[]) =>
    validators.filter(({ validator }) => validator !== null && ids.includes(validator));
  await start(among(first));
  context.progress(`They catch up with block ${goal.height}.`);
  await nodes.caughtUp(among(first).map(podOf), goal);
  await start(among(rest));
  return nodes.advance([...among(first), ...among(rest)].map(podOf), goal);
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
