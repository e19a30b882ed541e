import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import {
  type Entry,
  leaderOf,
  outdated,
  supersederOf,
  unsettledBefore,
} from "../../src/apply/releases.ts";

const release = (order: number, name = `v${order}`) => ({
  release: name,
  order,
  deployment: `Qm${order}`,
});

const entry = (event: Entry["event"], order: number, more: Partial<Entry> = {}): Entry => ({
  ...release(order),
  event,
  ...more,
});

/** Releases of these orders, each staged and promoted. */
const served = (...orders: number[]) =>
  orders.flatMap((order) => [entry("staged", order), entry("promoted", order)]);

test("of two releases that were promoted the newer one serves, whichever was first", () => {
  expect(leaderOf(served(1, 2))?.release).toBe("v2");
  expect(leaderOf(served(2, 1))?.release).toBe("v2");
});

test("what was put back on purpose serves until a newer release comes", () => {
  const back = [...served(1, 2), entry("promoted", 1, { rollback: true })];
  expect(leaderOf(back)?.release).toBe("v1");
  expect(leaderOf([...back, ...served(3)])?.release).toBe("v3");
});

test("an older release stops, unless it is told to go back", () => {
  expect(supersederOf(release(1), served(2), false)?.release).toBe("v2");
  expect(supersederOf(release(1), served(2), true)).toBeUndefined();
});

test("what was taken back does not come again by itself", () => {
  const back = [...served(1, 2), entry("promoted", 1, { rollback: true })];
  expect(supersederOf(release(2), back, false)?.release).toBe("v1");
  expect(supersederOf(release(3), back, false)).toBeUndefined();
});

test("the release that serves is kept from nothing", () => {
  expect(supersederOf(release(2), served(1, 2), false)).toBeUndefined();
});

test("so many keep their names, the one that serves among them", () => {
  const names = (keep: number) =>
    outdated(served(1, 2, 3, 4), release(4), "nexus", keep).map((one) => one.release);
  expect(names(2)).toEqual(["v1", "v2"]);
  expect(names(1)).toEqual(["v1", "v2", "v3"]);
  expect(names(9)).toEqual([]);
});

test("a release that never served goes with what serves in its place; a newer one may yet serve", () => {
  const entries = [...served(1), entry("staged", 2), ...served(3), entry("staged", 4)];
  expect(outdated(entries, release(3), "nexus", 3).map((one) => one.release)).toEqual(["v2"]);
});

test("what is gone is not removed again", () => {
  const entries = [...served(1, 2), entry("removed", 1)];
  expect(outdated(entries, release(2), "nexus", 1)).toEqual([]);
});

test("a name that a kept release has, too, stays", () => {
  const old = { ...release(1), release: "v1.2" };
  const own = { ...release(2), release: "v1-2" };
  const entries: Entry[] = [old, own].flatMap((one) => [
    { ...one, event: "staged" },
    { ...one, event: "promoted" },
  ]);
  expect(outdated(entries, own, "nexus", 1)).toEqual([]);
});

const anyEntry = fc.record({
  event: fc.constantFrom("staged" as const, "promoted" as const, "removed" as const),
  order: fc.integer({ min: 1, max: 6 }),
  rollback: fc.boolean(),
});

test("whatever happened, no name is removed that the serving release or this one needs", () => {
  const happened = fc.array(anyEntry, { maxLength: 30 });
  fc.assert(
    fc.property(happened, fc.integer({ min: 1, max: 3 }), (events, keep) => {
      const entries = events.map(({ event, order, rollback }) => entry(event, order, { rollback }));
      const gone = outdated(entries, release(6), "nexus", keep).map((one) => one.release);
      const needed = [leaderOf(entries)?.release ?? "v6", "v6"];
      for (const one of needed) expect(gone).not.toContain(one);
    }),
    chance(),
  );
});

describe("what was to be put in place before", () => {
  const [a, b] = [entry("promoted", 1, { id: "a" }), entry("promoted", 2, { id: "b" })];

  test("is waited for until it is settled", () => {
    expect(unsettledBefore(b, [a, b])).toEqual([a]);
    expect(unsettledBefore(b, [a, b, entry("settled", 1, { id: "a" })])).toEqual([]);
  });

  test("waits for nobody who said so later", () => {
    expect(unsettledBefore(a, [a, b])).toEqual([]);
  });

  test("is no matter where it is the same build: it may come as late as it likes", () => {
    const again = entry("promoted", 1, { id: "c" });
    expect(unsettledBefore(again, [a, again])).toEqual([]);
  });
});
