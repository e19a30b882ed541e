/**
 * One validator of a chain: its public key as the chain writes it, and how much its vote weighs.
 */
export type Validator = { readonly id: string; readonly weight: number };

/** All validators of one epoch, in the chain's own order. */
export type ValidatorSet = readonly Validator[];

/** The weight of those that `ids` names; whoever is not of the set weighs nothing. */
export function weightOf(set: ValidatorSet, ids: ReadonlySet<string>): number {
  return set.reduce((sum, { id, weight }) => sum + (ids.has(id) ? weight : 0), 0);
}

export function totalWeight(set: ValidatorSet): number {
  return set.reduce((sum, { weight }) => sum + weight, 0);
}

/** The least weight that commits a block: strictly more than two thirds of all. */
export function quorum(set: ValidatorSet): number {
  return Math.floor((2 * totalWeight(set)) / 3) + 1;
}

/** Whether those that `ids` names can commit a block. */
export function hasQuorum(set: ValidatorSet, ids: ReadonlySet<string>): boolean {
  return set.length > 0 && weightOf(set, ids) >= quorum(set);
}

/**
 * How many validators can fail, whichever they are, and the chain goes on; -1 when it does not go
 * on even with all that are left. `without` is down already.
 */
export function tolerance(set: ValidatorSet, without?: string): number {
  const left = set.filter(({ id }) => id !== without).sort((a, b) => b.weight - a.weight);
  let weight = totalWeight(left);
  let failures = -1;
  for (const { weight: next } of [...left, { weight: Number.POSITIVE_INFINITY }]) {
    if (weight < quorum(set)) break;
    failures += 1;
    weight -= next;
  }
  return failures;
}

/** What a chain survives: at rest, and while one validator, the worst one, is being replaced. */
export type Endurance = { validators: number; quorum: number; atRest: number; upgrading: number };

export function enduranceOf(set: ValidatorSet): Endurance {
  return {
    validators: set.length,
    quorum: quorum(set),
    atRest: tolerance(set),
    upgrading: Math.min(...set.map(({ id }) => tolerance(set, id))),
  };
}
