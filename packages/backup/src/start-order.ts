import { quorum, type ValidatorSet, weightOf } from "@playbook/bft";

/**
 * Which of the validators that are here are started first: as few as commit a block, the heaviest
 * before the others. The rest follows when these agree. Together they have to have a quorum.
 */
export function startOrder(
  set: ValidatorSet,
  here: ReadonlySet<string>,
): { first: string[]; rest: string[] } {
  const heaviest = set
    .filter(({ id }) => here.has(id))
    .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1));
  const ids = heaviest.map(({ id }) => id);
  const count = ids.findIndex(
    (_, at) => weightOf(set, new Set(ids.slice(0, at + 1))) >= quorum(set),
  );
  return { first: ids.slice(0, count + 1), rest: ids.slice(count + 1) };
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
