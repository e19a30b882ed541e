import type { Status } from "@playbook/subgraph";
import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import { nextOf, type View } from "../../src/apply/next.ts";

const own = { release: "v2", order: 2, deployment: "Qm2" };
const old = { release: "v1", order: 1, deployment: "Qm1" };

const synced: Status = {
  ...{ synced: true, health: "healthy", fatalError: null, nonFatalErrors: [] },
  ...{ block: 100, at: null, head: 110, entities: "5", paused: false },
};

const error = { message: "no such token", block: 7, handler: "handleSent", deterministic: true };

/** A release that has caught up under its own name while the one before it serves. */
const ready: View = {
  ...{ own, rollback: false, staged: ["Qm2"], live: "Qm1", status: synced, lag: 50 },
  entries: [
    { ...old, event: "promoted" },
    { ...own, event: "staged" },
  ],
  ...{ isOnChain: true, isChecked: true },
};

const promoted = [...ready.entries, { ...own, event: "promoted" as const }];

test.each<{ when: string; view: Partial<View>; expected: string }>([
  { when: "it is not on the node", view: { staged: [], status: null }, expected: "stage" },
  { when: "its own name holds another build", view: { staged: ["Qm9"] }, expected: "stage" },
  { when: "the node does not know it yet", view: { status: null }, expected: "wait" },
  {
    when: "it has not caught up",
    view: { status: { ...synced, synced: false } },
    expected: "wait",
  },
  { when: "it has fallen behind", view: { status: { ...synced, head: 151 } }, expected: "wait" },
  { when: "it has no block", view: { status: { ...synced, block: null } }, expected: "wait" },
  {
    when: "the node tries again after an error",
    view: {
      status: { ...synced, health: "failed", fatalError: { ...error, deterministic: false } },
    },
    expected: "wait",
  },
  {
    when: "it has failed",
    view: { status: { ...synced, health: "failed", fatalError: error } },
    expected: "fail",
  },
  {
    when: "it went on after an error",
    view: { status: { ...synced, health: "unhealthy", nonFatalErrors: [error] } },
    expected: "fail",
  },
  { when: "it was asked nothing yet", view: { isChecked: false }, expected: "check" },
  { when: "all is well", view: {}, expected: "promote" },
  {
    when: "a run was killed before it was put in place",
    view: { entries: promoted },
    expected: "promote",
  },
  { when: "it serves", view: { live: "Qm2", entries: promoted }, expected: "finish" },
  { when: "the same build serves by another name", view: { live: "Qm2" }, expected: "promote" },
  {
    when: "a newer release serves",
    view: { entries: [{ ...own, release: "v3", order: 3, event: "promoted" }] },
    expected: "stop",
  },
])("when $when, the next is: $expected", ({ view, expected }) => {
  expect(nextOf({ ...ready, ...view }).do).toBe(expected);
});

const anyStatus = fc.record({
  synced: fc.boolean(),
  health: fc.constantFrom("healthy" as const, "unhealthy" as const, "failed" as const),
  fatalError: fc.constantFrom(null, error, { ...error, deterministic: false }),
  nonFatalErrors: fc.subarray([error]),
  block: fc.option(fc.integer({ min: 0, max: 100 })),
  at: fc.constant(null),
  head: fc.option(fc.integer({ min: 0, max: 100 })),
  entities: fc.constant("0"),
  paused: fc.boolean(),
});

const anyView = fc.record({
  own: fc.constant(own),
  rollback: fc.boolean(),
  entries: fc.array(
    fc.record({
      ...{ release: fc.constantFrom("v1", "v2", "v3"), order: fc.integer({ min: 1, max: 3 }) },
      deployment: fc.constantFrom("Qm1", "Qm2", "Qm3"),
      event: fc.constantFrom("staged" as const, "promoted" as const, "removed" as const),
      rollback: fc.boolean(),
    }),
  ),
  staged: fc.subarray(["Qm1", "Qm2"]),
  live: fc.constantFrom(null, "Qm1", "Qm2"),
  status: fc.option(anyStatus),
  lag: fc.integer({ min: 0, max: 50 }),
  isOnChain: fc.boolean(),
  isChecked: fc.boolean(),
});

test("nothing is ever put in place that is not whole, healthy, near the head, on the chain and checked", () => {
  fc.assert(
    fc.property(anyView, (view) => {
      if (nextOf(view).do !== "promote") return;
      const { status, lag, isOnChain, isChecked, staged } = view;
      expect(staged).toContain("Qm2");
      expect([isOnChain, isChecked]).toEqual([true, true]);
      expect(status).toMatchObject({ synced: true, health: "healthy", fatalError: null });
      expect((status?.head ?? Infinity) - (status?.block ?? 0)).toBeLessThanOrEqual(lag);
    }),
    chance(5_000),
  );
});
