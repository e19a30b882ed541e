import {
  earliestFork,
  enduranceOf,
  hasQuorum,
  isOff,
  latestFor,
  type Schedule,
} from "@playbook/bft";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { timing } from "./chain-model.ts";
import { policy, rollOut } from "./rollout-model.ts";
import type { Scenario } from "./scenario.ts";

const MINUTE = 60_000;

/** Blocks that have come when the rollout begins: see rollOut. */
const BEFORE = 10;

/**
 * What was said at the end has to stay true: all failures are over by then, and stood still for.
 */
const AFTERWARDS = 60 * MINUTE;

type Forked = Scenario & Required<Pick<Scenario, "fork">>;

const scenarios: fc.Arbitrary<Forked> = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
    weights: fc.oneof(
      fc.integer({ min: 5, max: 9 }).map((n) => Array.from({ length: n }, () => 1)),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 7 }),
    ),
    start: fc.integer({ min: 1000, max: 90_000 }),
    /** How many blocks there are for preparing, from hopeless to plenty. */
    room: fc.integer({ min: 1, max: 400 }),
    margin: fc.integer({ min: 20, max: 200 }),
    one: fc.option(
      fc.record({
        index: fc.nat(9),
        behaviour: fc.constantFrom(
          { start: 4000, broken: true },
          { start: 4000, silent: true },
          { start: 4000, stuck: true },
        ),
      }),
      { freq: 2 },
    ),
    failures: fc.array(
      fc.record({
        index: fc.nat(9),
        at: fc.integer({ min: 30_000, max: 10 * MINUTE }),
        lasts: fc.integer({ min: 5000, max: 20 * MINUTE }),
      }),
      { maxLength: 2 },
    ),
    astray: fc.array(fc.record({ index: fc.nat(9), height: fc.integer({ min: 20, max: 300 }) }), {
      maxLength: 2,
    }),
  })
  .map(({ seed, weights, start, room, margin, one, failures, astray }) => {
    const set = weights.map((weight, index) => ({ id: `v${index}`, weight }));
    const idOf = (index: number) => set[index % set.length]?.id ?? "";
    return {
      seed,
      set,
      ordered: false,
      drains: [],
      versions: { "": { start }, ...(one ? { [idOf(one.index)]: one.behaviour } : {}) },
      failures: failures.map(({ index, ...rest }) => ({ id: idOf(index), silent: false, ...rest })),
      fork: { height: BEFORE + room + margin, latest: BEFORE + room },
      before: Object.fromEntries(astray.map(({ index, height }) => [idOf(index), height])),
    };
  });

describe("a fork", () => {
  test("is determined in time, or called off: and what is said of it is so", () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { cluster, end, deeds } = rollOut(scenario);
        const { fork } = cluster.view();
        const saysOff = fork !== undefined && isOff(fork, scenario.set);
        const { height: last } = cluster.chain;
        cluster.goOnUntil(cluster.now + AFTERWARDS);
        const { determined } = cluster.chain;
        const goesOn = cluster.chain.height > last || !hasQuorum(scenario.set, cluster.active());

        for (const { back, height, settled, bound, ...deed } of deeds) {
          const { before, voted, after, underWay, stalled } = deed;
          expect(underWay).toBe(0);
          if (!back && !settled && !bound) expect(height).toBeLessThanOrEqual(scenario.fork.latest);
          if (voted && before && !bound && !stalled) expect(after).toBe(true);
        }
        if (saysOff && end.outcome !== "done") expect(determined).toBeNull();
        if (end.failure?.code === "fork-late") expect(saysOff).toBe(true);
        if (["done", "taken-back"].includes(end.outcome)) expect(goesOn).toBe(true);
        if (determined) expect(determined.height).toBe(scenario.fork.height);
        if (end.outcome === "done") expect(cluster.settledAt("new")).toBe(true);
      }),
      chance(200, 5),
    );
  });

  test("has room where its height is chosen for it: nothing but failures call it off", () => {
    const calm = scenarios
      .filter(({ set }) => enduranceOf(set).upgrading >= 0)
      .map(
        ({ failures: _, before: __, versions, ...rest }): Forked => ({
          ...rest,
          versions: { "": versions[""] ?? { start: 4000 } },
          failures: [],
        }),
      );

    fc.assert(
      fc.property(calm, (scenario) => {
        const schedule: Schedule = {
          interval: timing.interval,
          member: policy.member,
          prepare: scenario.set.length * policy.member,
          margin: 5 * MINUTE,
        };
        const height = earliestFork(BEFORE, schedule);
        const fork = { height, latest: latestFor(height, schedule) };

        const { cluster, end } = rollOut({ ...scenario, fork });

        expect(end).toMatchObject({ outcome: "done", failure: null });
        expect(cluster.chain.determined).toMatchObject({ height });
      }),
      chance(50, 10),
    );
  });
});

describe("the height of a fork", () => {
  test("leaves the time that was asked for, however fast blocks come", () => {
    const times = fc.record({
      interval: fc.integer({ min: 1, max: 20_000 }),
      prepare: fc.integer({ min: 0, max: 5 * 3_600_000 }),
      member: fc.integer({ min: 0, max: 3_600_000 }),
      margin: fc.integer({ min: 0, max: 24 * 3_600_000 }),
    });

    fc.assert(
      fc.property(fc.nat(1e9), times, (head, schedule) => {
        const { interval, prepare, member, margin } = schedule;
        const height = earliestFork(head, schedule);
        const latest = latestFor(height, schedule);

        expect((latest - head) * interval).toBeGreaterThanOrEqual(prepare);
        expect((height - 1 - latest) * interval).toBeGreaterThanOrEqual(member + margin);
        expect(latestFor(height - 1, schedule) - head).toBeLessThan(prepare / interval + 1);
      }),
      chance(),
    );
  });
});
