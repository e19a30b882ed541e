import { hasQuorum, type ValidatorSet } from "@playbook/bft";

export type StartOrder = { first: string[]; rest: string[] };

/**
 * In which order the validators that are here are started. `first` are too few for a block, so that all
 * they can do is catch up; so are the `rest` without them, and together they make blocks. null when
 * there is no such order: one validator alone makes blocks. The last set is the chain's newest; in each
 * that it had since the validators' data end, the same holds.
 */
export function startOrder(
  sets: readonly ValidatorSet[],
  here: ReadonlySet<string>,
): StartOrder | null {
  const newest = sets.at(-1) ?? [];
  const isEnough = (ids: readonly string[]) => sets.some((set) => hasQuorum(set, new Set(ids)));
  const heaviest = newest
    .filter(({ id }) => here.has(id))
    .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
  const first: string[] = [];
  for (const id of heaviest) if (!isEnough([...first, id])) first.push(id);
  const rest = heaviest.filter((id) => !first.includes(id));
  return first.length === 0 || isEnough(rest) ? null : { first, rest };
}

/** What a restored node says of itself. */
export type Said = {
  pod: string;
  height: number | null;
  /** Of the backup's block. */
  hash: string | null;
  stateRoot: string | null;
};

/** Nodes whose chain is another one than the backup's; those that say nothing yet are not among them. */
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
