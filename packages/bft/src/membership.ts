import { hasQuorum, totalWeight, type ValidatorSet, weightOf } from "./validators.ts";

/** One validator comes, goes or weighs otherwise; all others stay as they are. */
export type SetChange = {
  readonly kind: "add" | "remove" | "weigh";
  readonly id: string;
  /** Of its vote after the change; 0 when it is removed. */
  readonly weight: number;
  /** The set after the change. */
  readonly set: ValidatorSet;
};

/** Where a change of a validator set stands. */
export type Standing = {
  readonly set: ValidatorSet;
  readonly wanted: ValidatorSet;
  /** Those whose votes are in recent blocks. */
  readonly voting: ReadonlySet<string>;
  /** Those whose nodes are where the chain is, whether or not they have a vote. */
  readonly ready: ReadonlySet<string>;
  /** Validators that are to be changed in something that has no weight in votes. */
  readonly differing: ReadonlySet<string>;
};

export type NextChange =
  | { readonly do: "change"; readonly change: SetChange }
  /** For the votes of members of the set, or for nodes of those that are to be members. */
  | { readonly do: "wait"; readonly on: "votes" | "nodes"; readonly ids: readonly string[] }
  /** Whoever is next could stop the chain by not voting. */
  | { readonly do: "refuse"; readonly id: string }
  | { readonly do: "done" };

/**
 * The next single change on the way to a wanted set. Each one is such that those who vote now
 * commit blocks after it, whether or not whoever is new ever votes. Pure, and for any chain whose
 * blocks more than two thirds commit.
 */
export function nextChange(standing: Standing): NextChange {
  const { set, wanted, voting, ready } = standing;
  const gone = removals(standing).find(({ id, set: after }) => !voting.has(id) && safe(after));
  if (gone) return { do: "change", change: gone };

  const silent = set.filter(({ id }) => !voting.has(id)).map(({ id }) => id);
  if (silent.length > 0) return { do: "wait", on: "votes", ids: silent };

  const adding = additions(standing);
  const behind = adding.filter(({ id }) => !ready.has(id)).map(({ id }) => id);
  const next = adding.find(({ id }) => ready.has(id));
  const added = next && heaviest(next, standing);
  if (added) return { do: "change", change: added };
  if (behind.length > 0) return { do: "wait", on: "nodes", ids: behind };
  if (next) return { do: "refuse", id: next.id };

  const other = [...weighings(standing), ...removals(standing)].find(({ set: it }) => safe(it));
  if (other) return { do: "change", change: other };
  const [stuck] = wanted.length === 0 ? set : [];
  return stuck ? { do: "refuse", id: stuck.id } : { do: "done" };

  function safe(after: ValidatorSet): boolean {
    return hasQuorum(after, voting);
  }
}

/** A validator out of the set again: whoever it was, the votes of the others weigh more then. */
export function without(set: ValidatorSet, id: string): SetChange {
  const left = set.filter((each) => each.id !== id);
  return { kind: "remove", id, weight: 0, set: left };
}

function removals({ set, wanted }: Standing): SetChange[] {
  const stays = new Set(wanted.map(({ id }) => id));
  return set.filter(({ id }) => !stays.has(id)).map(({ id }) => without(set, id));
}

function additions({ set, wanted }: Standing): ValidatorSet {
  const there = new Set(set.map(({ id }) => id));
  return wanted.filter(({ id }) => !there.has(id));
}

/**
 * With the whole of its weight, or with as much as cannot outweigh those who vote: once it votes
 * itself, it gets the rest.
 */
function heaviest(
  { id, weight }: { id: string; weight: number },
  { set, voting }: Standing,
): SetChange | undefined {
  const most = Math.ceil((3 * weightOf(set, voting)) / 2) - 1 - totalWeight(set);
  const now = Math.min(weight, most);
  if (now < 1) return undefined;
  return { kind: "add", id, weight: now, set: [...set, { id, weight: now }] };
}

/** The heavier ones first: they vote, and so make room. */
function weighings({ set, wanted, differing }: Standing): SetChange[] {
  const target = new Map(wanted.map(({ id, weight }) => [id, weight]));
  return set
    .flatMap(({ id, weight: from }): (SetChange & { grows: number })[] => {
      const weight = target.get(id);
      if (weight === undefined || (weight === from && !differing.has(id))) return [];
      const after = set.map((each) => (each.id === id ? { id, weight } : each));
      return [{ kind: "weigh", id, weight, set: after, grows: weight - from }];
    })
    .sort((one, other) => other.grows - one.grows)
    .map(({ grows: _, ...change }) => change);
}
