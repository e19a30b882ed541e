import type { Fork, ValidatorSet } from "@playbook/bft";
import fc from "fast-check";

/** How a version of the node behaves, on all validators or on one. Times in milliseconds. */
export type Behaviour = {
  start: number;
  /** Never comes up, and Kubernetes says so. */
  broken?: boolean;
  /** Comes up and answers, and never votes. */
  silent?: boolean;
  /** Starts again and again without ever being in step, and nobody says so. */
  stuck?: boolean;
  /** No block is made while as many as this run it. */
  wedges?: number;
};

export type Scenario = {
  seed: number;
  set: ValidatorSet;
  /** Behaviour of the new version by the validator's id; of all others by "". */
  versions: Record<string, Behaviour>;
  /** Validators that fail by themselves: when, for how long, and whether their node answers on. */
  failures: { id: string; at: number; lasts: number; silent: boolean }[];
  /** Nodes that somebody drains: asked for again and again until the pod is evicted. */
  drains: { id: string; at: number }[];
  /** All validators in one ordered set, as against a set for each. */
  ordered: boolean;
  /** Who has not reached whom yet, and until when: they dial each other only after a while. */
  unlinked?: { one: string; other: string; until: number }[];
  /** What the new version prepares its node for. */
  fork?: Pick<Fork, "height" | "latest">;
  /** For which blocks validators are prepared already, by an earlier fork that was called off. */
  before?: Record<string, number>;
};

/** Whether a node fails at a time; `silentToo` asks for those as well that only do not vote. */
export function isDown(
  { failures }: Scenario,
  id: string,
  now: number,
  silentToo: boolean,
): boolean {
  return failures.some(
    (failure) =>
      failure.id === id &&
      (silentToo || !failure.silent) &&
      failure.at <= now &&
      now < failure.at + failure.lasts,
  );
}

/** Whether a failure begins or ends, a drain begins or a link comes, in the time that follows. */
export function changesWithin(scenario: Scenario, now: number, span: number): boolean {
  const { failures, drains, unlinked = [] } = scenario;
  const begun = [...failures, ...drains].map(({ at }) => at);
  const ended = [
    ...failures.map(({ at, lasts }) => at + lasts),
    ...unlinked.map(({ until }) => until),
  ];
  return [...begun, ...ended].some((at) => at > now && at <= now + span);
}

/**
 * Blocks within which a node that answers and does not vote has to be noticed: two turns of all.
 */
function noticed({ set }: Scenario): number {
  return Math.max(20, 2 * set.length) + 4;
}

/** Whether somebody fell silent, or spoke again, so few blocks before that nobody could know. */
export function unknowable(
  scenario: Scenario,
  { at, back }: { at: number; back: boolean },
  heightAt: (time: number) => number,
): boolean {
  return scenario.failures.some((failure) => {
    const changed = failure.at + (back ? failure.lasts : 0);
    const since = heightAt(at) - heightAt(Math.min(changed, at));
    return failure.silent && failure.at <= at && since < noticed(scenario);
  });
}

/** Whether somebody failed after it was decided, and before it was done. */
export function overtaken({ failures }: Scenario, { at: done }: { at: number }): boolean {
  return failures.some(({ at }) => at > done - 500 && at <= done);
}

/** Whether the new version is sound on every validator, and nothing else happens meanwhile. */
export function isCalm({ versions, failures }: Scenario): boolean {
  const sound = Object.values(versions).every((behaviour) => Object.keys(behaviour).length === 1);
  return sound && failures.length === 0;
}

const MINUTE = 60_000;

/** Versions that are well or not, and failures within and beyond what the votes allow. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
    weights: fc.oneof(
      fc.integer({ min: 4, max: 10 }).map((n) => Array.from({ length: n }, () => 1)),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 8 }),
    ),
    ordered: fc.boolean(),
    behaviour: fc.oneof(
      { weight: 4, arbitrary: fc.record({ start: fc.integer({ min: 1000, max: 60_000 }) }) },
      { weight: 1, arbitrary: fc.constant({ start: 4000, broken: true }) },
      { weight: 1, arbitrary: fc.constant({ start: 4000, silent: true }) },
      { weight: 1, arbitrary: fc.constant({ start: 4000, stuck: true }) },
      {
        weight: 1,
        arbitrary: fc.record({ start: fc.constant(4000), wedges: fc.integer({ min: 1, max: 4 }) }),
      },
    ),
    one: fc.option(
      fc.record({
        index: fc.nat(9),
        behaviour: fc.constantFrom(
          { start: 4000, broken: true },
          { start: 4000, silent: true },
          { start: 4000, stuck: true },
        ),
      }),
      { freq: 1 },
    ),
    failures: fc.array(
      fc.record({
        index: fc.nat(9),
        at: fc.integer({ min: 30_000, max: 10 * MINUTE }),
        lasts: fc.integer({ min: 5000, max: 20 * MINUTE }),
        silent: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    drains: fc.array(
      fc.record({ index: fc.nat(9), at: fc.integer({ min: 30_000, max: 10 * MINUTE }) }),
      { maxLength: 2 },
    ),
  })
  .map(({ seed, weights, ordered, behaviour, one, failures, drains }) => {
    const set = weights.map((weight, index) => ({ id: `v${index}`, weight }));
    const idOf = (index: number) => set[index % set.length]?.id ?? "";
    return {
      seed,
      set,
      ordered,
      versions: { "": behaviour, ...(one ? { [idOf(one.index)]: one.behaviour } : {}) },
      failures: failures.map(({ index, ...rest }) => ({ id: idOf(index), ...rest })),
      drains: drains.map(({ index, at }) => ({ id: idOf(index), at })),
    };
  });

/** The same with chains so young that not all of their nodes have reached each other. */
export const youngChains: fc.Arbitrary<Scenario> = fc
  .record({
    scenario: scenarios,
    pairs: fc.array(
      fc.record({
        one: fc.nat(9),
        other: fc.nat(9),
        until: fc.integer({ min: 0, max: 1.5 * MINUTE }),
      }),
      { maxLength: 20 },
    ),
  })
  .map(({ scenario, pairs }) => {
    const idOf = (index: number) => scenario.set[index % scenario.set.length]?.id ?? "";
    const unlinked = pairs.map(({ one, other, until }) => {
      return { one: idOf(one), other: idOf(other), until };
    });
    return { ...scenario, unlinked: unlinked.filter(({ one, other }) => one !== other) };
  });
