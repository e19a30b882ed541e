import type { Insight } from "./memory.ts";
import { hasQuorum, type ValidatorSet } from "./validators.ts";

/** With how few peers nodes were let be, by the validator's id. */
export type Borne = ReadonlyMap<string, number>;

/** A validator that could be left with too few connections, and how many it has and needs. */
export type Short = { readonly id: string; readonly peers: number; readonly needed: number };

/**
 * Whose votes are left without one validator. One that has no connection but, for all that is
 * known, to this one has no vote then: nobody would hear of it.
 */
export function votesWithout(id: string, seen: Insight): Set<string> {
  const others = [...seen.voting].filter((each) => each !== id);
  return new Set(others.filter((each) => !isAlone(each, id, seen)));
}

/**
 * Those who, without one validator, might not reach the others that a block needs; none where
 * enough others can.
 */
export function shortWithout(id: string, seen: Insight, borne: Borne): Short[] {
  const left = votesWithout(id, seen);
  const more = Number(answers(id, seen)) + (seen.followers ?? 0);
  const short = [...left]
    .map((each) => {
      const fewest = fewestOthers(each, left, seen.set) + more;
      const needed = Math.min(fewest, borne.get(each) ?? fewest);
      return { id: each, peers: peersOf(each, seen), needed };
    })
    .filter(({ peers, needed }) => peers < needed);
  const ids = new Set(short.map((each) => each.id));
  const connected = [...left].filter((each) => !ids.has(each));
  return hasQuorum(seen.set, new Set(connected)) ? [] : short;
}

/** Whether all connections of one that votes could be lost with a single other validator. */
export function isLonely(id: string, seen: Insight): boolean {
  return seen.voting.has(id) && !hasQuorum(seen.set, new Set([id])) && peersOf(id, seen) <= 1;
}

/** Any of its connections may be the one to `without`, while that runs. */
function isAlone(id: string, without: string, seen: Insight): boolean {
  if (hasQuorum(seen.set, new Set([id]))) return false;
  return peersOf(id, seen) <= Number(answers(without, seen));
}

function answers(id: string, { nodes }: Insight): boolean {
  return (nodes.get(id)?.height ?? null) !== null;
}

/** Where it is not known, all are taken to reach each other. */
function peersOf(id: string, { nodes }: Insight): number {
  return nodes.get(id)?.peers ?? Number.POSITIVE_INFINITY;
}

/** How many of the others have to vote, at least, for one of them to bring a block about. */
function fewestOthers(id: string, left: ReadonlySet<string>, set: ValidatorSet): number {
  const heaviest = set
    .filter((each) => left.has(each.id) && each.id !== id)
    .sort((a, b) => b.weight - a.weight);
  const reached = new Set([id]);
  for (const other of heaviest) {
    if (hasQuorum(set, reached)) break;
    reached.add(other.id);
  }
  return reached.size - 1;
}
