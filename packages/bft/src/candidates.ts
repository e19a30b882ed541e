import type { Insight } from "./memory.ts";
import { votesWithout } from "./mesh.ts";
import { hasQuorum, weightOf } from "./validators.ts";
import type { Member } from "./view.ts";

/**
 * Those that can be let go, the cheapest loss first: whoever does not vote anyway, then whoever
 * weighs least.
 */
export function candidates({ unfinished, voting, set }: Insight): Member[] {
  const open = new Set(unfinished.map(({ id }) => id));
  const cost = ({ id }: Member) => (voting.has(id) ? weightOf(set, new Set([id])) : 0);
  return unfinished
    .filter(({ after }) => after === null || !open.has(after))
    .sort((a, b) => cost(a) - cost(b));
}

/**
 * A member may go when the others' votes commit blocks. Back goes also one that has no vote to
 * lose, or any while enough are in step and make no block: what was changed may be why.
 */
export function mayGo({ id }: Member, seen: Insight, back: boolean): boolean {
  if (hasQuorum(seen.set, votesWithout(id, seen))) return true;
  if (seen.bound && seen.stalled) return true;
  if (!back) return false;
  return seen.stalled || !seen.inStep.has(id) || seen.presences.get(id)?.state === "silent";
}
