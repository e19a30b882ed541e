import { ActionError, type Context } from "@playbook/action";
import { type StartOrder, startOrder, type Whole } from "@playbook/backup";
import { hasQuorum, quorum, totalWeight, type ValidatorSet, weightOf } from "@playbook/bft";
import { checkClaim, GENESIS } from "./claim.ts";
import { handleOf } from "./imported.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import { checkParts } from "./soundness.ts";
import type { Rendered } from "./target.ts";

/**
 * Whether the chain can come back with what there is: all that can be known of it before the old
 * one is shut. Resolves with who votes where validators begin and at the backup, if the old chain
 * says it. Throws `no-snapshot`, `backup-rotten`, `volume-there`, `volume-too-small`, `too-few-validators`,
 * `one-is-enough`, `old-validators-unknown`, `old-validators-missing`, `restored-elsewhere`, `backup-ends-epoch`.
 */
export async function checkReady(
  prepared: Prepared,
  inputs: Inputs,
  context: Context,
): Promise<readonly ValidatorSet[] | null> {
  const { kube, backup, base, old, validators, sync, servers, destination } = prepared;
  const { manifest } = backup;
  if (inputs.from === "snapshot") handleOf(manifest);
  // What a run before has on volumes already is asked for no more.
  if (!prepared.isBegun) await checkParts(prepared, { unknown: "warn" }, context);
  const begin = base?.id ?? GENESIS;
  for (const set of [...validators, ...servers]) {
    await checkClaim({ kube, manifest, inputs }, set, begin);
  }
  await checkClaim({ kube, manifest, inputs }, sync, manifest.id, begin);
  const keys = validators.flatMap(({ validator }) => validator ?? []);
  await old?.checkUnclaimed(destination, inputs.fencedBecause);
  await old?.checkAll(keys, inputs.fencedBecause);
  // An old chain that is silent tells nothing of it: the restored one does, before anybody signs.
  const voters = await old?.validators(manifest, heightOf(base));
  if (!voters) return null;
  checkNext(voters.at(-1) ?? [], await old?.validatorsAfter(manifest), manifest);
  orderOf(voters, validators);
  return voters;
}

/**
 * That those who vote for the next block are those of the last one. A node that starts reads who
 * votes, and their keys, as of the block that it has: after an epoch's last one it takes nothing of
 * who comes with the next. Source: Axon's `start`,
 * `get_metadata_by_block_number(current_block.header.number)`, in both builds. Throws
 * `backup-ends-epoch`.
 */
export function checkNext(
  now: ValidatorSet,
  next: ValidatorSet | undefined,
  { id, block: { height } }: { id: string; block: { height: number } },
): void {
  if (next === undefined || JSON.stringify(next) === JSON.stringify(now)) return;
  throw new ActionError("backup-ends-epoch", {
    what: `Block ${height} of backup ${id} is the last one before other validators vote.`,
    why:
      "Nodes that start at it take those who voted for it for those who vote " +
      "next, and the chain would stand still.",
    next: "Restore the backup before it, or the one after it, with `backup`.",
  });
}

/** What follows when validators have come since those begin; empty when none has. */
export function newcomersText(sets: readonly ValidatorSet[]): string {
  const before = new Set(sets[0]?.map(({ id }) => id));
  if (!sets.at(-1)?.some(({ id }) => !before.has(id))) return "";
  return (
    "Validators have come to the chain since what the restored ones begin with. With " +
    "axonweb3/axon the last one to catch up starts anew on its way, in the epoch that brought " +
    "them, to read their keys. That takes some 200 blocks between that epoch's first one and the " +
    "backup; with fewer, name a `base` from after it."
  );
}

/** Up to which block validators have the chain before they catch up. */
export function heightOf(base: Whole | null): number {
  return base?.manifest.block.height ?? 0;
}

/**
 * In which order validators catch up; the sets are those of the chain since what they begin with,
 * the newest last. Throws `too-few-validators`, `one-is-enough`.
 */
export function orderOf(
  sets: readonly ValidatorSet[],
  validators: readonly Rendered[],
  leaders: readonly string[] = [],
): StartOrder {
  const newest = sets.at(-1) ?? [];
  const here = new Set(validators.flatMap(({ validator }) => validator ?? []));
  if (!hasQuorum(newest, here)) throw tooFew(newest, here);
  const order = startOrder(sets, here, leaders);
  if (!order) throw oneIsEnough(sets);
  return order;
}

function tooFew(set: ValidatorSet, here: ReadonlySet<string>): ActionError {
  const missing = set.filter(({ id }) => !here.has(id)).map(({ id }) => id);
  return new ActionError("too-few-validators", {
    what: `The values have validators with ${weightOf(set, here)} of ${totalWeight(set)} votes.`,
    why: `A block needs ${quorum(set)} votes. Without a node are: ${missing.join(", ")}.`,
    next: "Add those validators to the values, with their keys in the secret store.",
  });
}

function oneIsEnough(sets: readonly ValidatorSet[]): ActionError {
  const isEnough = (set: ValidatorSet) => set.some(({ weight }) => weight >= quorum(set));
  const newest = sets.at(-1) ?? [];
  const set = sets.findLast(isEnough) ?? newest;
  const [heaviest] = set.toSorted((a, b) => b.weight - a.weight);
  const isOver = set !== newest;
  return new ActionError("one-is-enough", {
    what: `Validator ${heaviest?.id} has ${heaviest?.weight} of ${totalWeight(set)} votes.`,
    why:
      `${isOver ? "It had them in a set that voted since what validators begin with. " : ""}` +
      `A block needs ${quorum(set)}. Validators catch up in groups of which none makes blocks; ` +
      "one that makes them alone would part from the chain before it has caught up.",
    next: isOver
      ? "Name a `base` of a backup from after that set has voted."
      : "Restore it by hand, from two backups fewer than 50 blocks apart: a node " +
        "of the newer one first, then this validator from the older. Axon syncs " +
        "50 blocks before it goes on to vote.",
  });
}
