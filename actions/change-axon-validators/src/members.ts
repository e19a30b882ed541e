import type { Hex, Member } from "@playbook/axon";
import type { ValidatorSet } from "@playbook/bft";

/** Members as who weighs how much in votes. */
export function weightsOf(members: readonly Member[]): ValidatorSet {
  return members.map(({ pub_key, vote_weight }) => ({ id: pub_key, weight: vote_weight }));
}

/** Whether a chain with the one set is as with the other, whatever their order. */
export function isSame(one: readonly Member[], other: readonly Member[]): boolean {
  return textOf(one) === textOf(other);
}

/** A short name of a set, which another set does not have. */
export function textOf(members: readonly Member[]): string {
  const lines = members.map(
    ({ pub_key, bls_pub_key, propose_weight, vote_weight }) =>
      `${pub_key} ${bls_pub_key} ${propose_weight} ${vote_weight}`,
  );
  return lines.sort().join("\n");
}

/** Those that are in both and differ in what has no weight in votes. */
export function differingIn(now: readonly Member[], wanted: readonly Member[]): Set<string> {
  const target = new Map(wanted.map((one) => [one.pub_key, one]));
  const differing = now.filter((one) => {
    const other = target.get(one.pub_key);
    return other !== undefined && other.propose_weight !== one.propose_weight;
  });
  return new Set(differing.map(({ pub_key }) => pub_key));
}

/** Members for a set of weights: whoever is new, or is changed, is as it is wanted. */
export function membersOf(
  set: ValidatorSet,
  changed: string,
  now: readonly Member[],
  wanted: readonly Member[],
): Member[] {
  const order = (id: string) => (id === changed ? [...wanted, ...now] : [...now, ...wanted]);
  return set.flatMap(({ id, weight }) => {
    const found = order(id).find(({ pub_key }) => pub_key === id);
    return found ? [{ ...plain(found), vote_weight: weight }] : [];
  });
}

/** What the contract takes, without what else is known of a member. */
export function plain({ pub_key, bls_pub_key, propose_weight, vote_weight }: Member): Member {
  return { pub_key, bls_pub_key, propose_weight, vote_weight };
}

/** Whose two keys are not as they were: they are one validator's, and change together. */
export function halfRotated(now: readonly Member[], wanted: readonly Member[]): Hex[] {
  return wanted.flatMap((one) => {
    const known = now.find(({ pub_key }) => pub_key === one.pub_key);
    const reused = now.find(({ bls_pub_key }) => bls_pub_key === one.bls_pub_key);
    const whole = known ? known.bls_pub_key === one.bls_pub_key : !reused;
    return whole ? [] : [one.pub_key];
  });
}
