import { hasQuorum, type ValidatorSet } from "@playbook/bft";

/**
 * Validators by their public keys: groups that catch up one after the other, and one that is last.
 */
export type StartOrder = { groups: string[][]; last: string };

/**
 * In which order the validators that are here catch up: in groups of which none makes blocks, for
 * such blocks would be others than those that are restored, and last of all the first of `leaders`
 * that is here. null when there is no such order: one validator alone makes blocks. The last set is
 * the chain's newest; in each that it had since the validators' data end, the same holds.
 */
export function startOrder(
  sets: readonly ValidatorSet[],
  here: ReadonlySet<string>,
  leaders: readonly string[],
): StartOrder | null {
  const isEnough = (ids: readonly string[]) => sets.some((set) => hasQuorum(set, new Set(ids)));
  const heaviest = (sets.at(-1) ?? [])
    .filter(({ id }) => here.has(id))
    .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
  const last = leaders.find((id) => heaviest.includes(id)) ?? heaviest.at(-1);
  if (last === undefined || heaviest.some((id) => isEnough([id]))) return null;
  const groups: string[][] = [];
  let left = heaviest.filter((id) => id !== last);
  while (left.length > 0) {
    const group: string[] = [];
    for (const id of left) if (!isEnough([...group, id])) group.push(id);
    groups.push(group);
    left = left.filter((id) => !group.includes(id));
  }
  return { groups, last };
}

/** What a restored node says of itself. */
export type Said = {
  pod: string;
  height: number | null;
  /** Of the backup's block. */
  hash: string | null;
  stateRoot: string | null;
};

/**
 * Nodes whose chain is another one than the backup's; those that say nothing yet are not among
 * them.
 */
export function strangersAmong(
  said: readonly Said[],
  { hash, stateRoot }: { hash: string; stateRoot: string },
): Said[] {
  return said.filter(
    (node) => node.hash !== null && (node.hash !== hash || node.stateRoot !== stateRoot),
  );
}

/** Whether all of them are there and have the backup's block. */
export function agree(
  said: readonly Said[],
  block: { height: number; hash: string; stateRoot: string },
): boolean {
  return (
    said.length > 0 &&
    said.every(({ height, hash }) => (height ?? -1) >= block.height && hash === block.hash) &&
    strangersAmong(said, block).length === 0
  );
}
