import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import type { Scenario } from "./cluster-model.ts";
import { type Deed, rollOut } from "./rollout-model.ts";

const MINUTE = 60_000;

/** Blocks in which a node that answers and does not vote has to be noticed: two turns of all. */
function noticed({ set }: Scenario): number {
  return 2 * set.length * 3000 * 4;
}

const scenarios: fc.Arbitrary<Scenario> = fc
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

/** Whether somebody fell silent, or spoke again, so shortly before that nobody could know. */
function unknowable(scenario: Scenario, { at, back }: Deed): boolean {
  return scenario.failures.some((failure) => {
    const until = failure.at + (back ? failure.lasts : 0) + noticed(scenario);
    return failure.silent && failure.at <= at && at < until;
  });
}

describe("a rollout", () => {
  test("never leaves fewer votes than commit a block, and ends with the truth", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { cluster, end, deeds } = rollOut(scenario);

        for (const deed of deeds) {
          expect(deed.evictions).toBe("shut");
          expect(deed.underWay).toBe(0);
          if (deed.voted && deed.before && !unknowable(scenario, deed)) {
            expect(deed).toMatchObject({ after: true });
          }
        }
        if (end.outcome === "done") expect(cluster.settledAt("new")).toBe(true);
        if (end.outcome === "taken-back") expect(cluster.settledAt("old")).toBe(true);
        if (end.outcome !== "done" && end.outcome !== "taken-back") {
          expect(end.failure).not.toBeNull();
        }
      }),
      chance(200, 5),
    );
  });
});
