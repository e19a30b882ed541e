import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { nextChange, type Standing, without } from "../src/membership.ts";
import { hasQuorum, totalWeight, type ValidatorSet } from "../src/validators.ts";

const set = (...ids: string[]): ValidatorSet => ids.map((id) => ({ id, weight: 1 }));
const idsOf = (validators: ValidatorSet) => validators.map(({ id }) => id);

/** All are there and vote, but for what is said. */
function standing(now: ValidatorSet, wanted: ValidatorSet, over: Partial<Standing> = {}): Standing {
  const all = new Set([...idsOf(now), ...idsOf(wanted)]);
  const voting = new Set(idsOf(now));
  return { set: now, wanted, voting, ready: all, differing: new Set(), ...over };
}

/** What is done, change by change, when everybody votes who may. */
function path(from: ValidatorSet, wanted: ValidatorSet): string[] {
  const steps: string[] = [];
  let now = from;
  for (let at = 0; at < 1_000; at += 1) {
    const next = nextChange(standing(now, wanted));
    if (next.do !== "change") return [...steps, next.do];
    steps.push(`${next.change.kind} ${next.change.id} ${next.change.weight}`);
    now = next.change.set;
  }
  throw new Error("It has no end.");
}

test("four become seven others: all of them come before anybody goes", () => {
  expect(path(set("a", "b"), set("a", "b"))).toEqual(["done"]);
  expect(path(set("a", "b", "c", "d"), set("d", "e", "f", "g"))).toEqual([
    "add e 1",
    "add f 1",
    "add g 1",
    "remove a 0",
    "remove b 0",
    "remove c 0",
    "done",
  ]);
});

test("one that weighs as much as all others comes with less, and gets the rest once it votes", () => {
  const heavy = [...set("a", "b", "c", "d"), { id: "e", weight: 4 }];

  expect(path(set("a", "b", "c", "d"), heavy)).toEqual(["add e 1", "weigh e 4", "done"]);
});

test("one that is down and is to go anyway goes first", () => {
  const now = set("a", "b", "c", "d");
  const next = nextChange(standing(now, set("a", "b", "c", "e"), { voting: new Set("abc") }));

  expect(next).toMatchObject({ do: "change", change: { kind: "remove", id: "d" } });
});

test("while one that stays does not vote, it is waited for", () => {
  const now = set("a", "b", "c", "d", "e");
  const next = nextChange(standing(now, set("b", "c", "d", "e"), { voting: new Set("abcd") }));

  expect(next).toEqual({ do: "wait", on: "votes", ids: ["e"] });
});

test("a node that is behind is waited for, and nobody goes for it yet", () => {
  const now = set("a", "b", "c", "d");
  const ready = new Set(["a", "b", "c", "d"]);

  expect(nextChange(standing(now, set("a", "b", "c", "e"), { ready }))).toEqual({
    do: "wait",
    on: "nodes",
    ids: ["e"],
  });
});

test("two cannot take a third one in: it could stop them", () => {
  expect(path(set("a", "b"), set("a", "b", "c"))).toEqual(["refuse"]);
  expect(path(set("a", "b", "c"), [])).toEqual(["remove a 0", "remove b 0", "refuse"]);
});

test("what weighs nothing in votes is changed without moving a vote", () => {
  const now = set("a", "b", "c", "d");
  const next = nextChange(standing(now, now, { differing: new Set(["c"]) }));

  expect(next).toEqual({ do: "change", change: { kind: "weigh", id: "c", weight: 1, set: now } });
});

const weights = fc.integer({ min: 1, max: 9 });
const anySet = (least: number) =>
  fc
    .uniqueArray(fc.constantFrom(..."abcdefghijklmn"), { minLength: least, maxLength: 9 })
    .chain((ids) => fc.tuple(...ids.map((id) => weights.map((weight) => ({ id, weight })))));

test("from any set to any other: whoever votes now commits blocks after each change", () => {
  const silences = fc.array(fc.constantFrom(..."abcdefghijklmn"), { maxLength: 4 });
  fc.assert(
    fc.property(anySet(1), anySet(0), silences, silences, (from, wanted, silent, dead) => {
      const voting = new Set(idsOf(from).filter((id) => !silent.includes(id)));
      const ready = new Set([..."abcdefghijklmn"].filter((id) => !dead.includes(id)));
      const next = nextChange(standing(from, wanted, { voting, ready }));
      if (next.do !== "change") return;
      const { change } = next;
      const stayed = new Set([...voting].filter((id) => id !== change.id || change.kind !== "add"));
      expect(hasQuorum(change.set, stayed)).toBe(true);
      if (change.kind === "add") expect(ready.has(change.id)).toBe(true);
    }),
    chance(1_000),
  );
});

test("from any set to any other that can be: it arrives, whoever is slow to vote", () => {
  fc.assert(
    fc.property(anySet(3), anySet(1), fc.infiniteStream(fc.boolean()), (from, wanted, waits) => {
      let now: ValidatorSet = from;
      let voting = new Set(idsOf(now));
      for (let at = 0; at < 200; at += 1) {
        const next = nextChange(standing(now, wanted, { voting }));
        if (next.do === "done") {
          expect(new Map(now.map(({ id, weight }) => [id, weight]))).toEqual(
            new Map(wanted.map(({ id, weight }) => [id, weight])),
          );
          return;
        }
        expect(next.do).not.toBe("refuse");
        if (next.do === "change") now = next.change.set;
        const late = waits.next().value;
        voting = new Set(idsOf(now).filter((id) => voting.has(id) || !late));
        expect(hasQuorum(now, voting)).toBe(true);
      }
      throw new Error("It does not arrive.");
    }),
    chance(1_000),
  );
});

test("one that came and never votes can be taken out again, whatever it weighs", () => {
  fc.assert(
    fc.property(anySet(3), weights, (from, weight) => {
      const wanted = [...from, { id: "z", weight }];
      const next = nextChange(standing(from, wanted));
      expect(next.do).toBe("change");
      if (next.do !== "change") return;
      const back = without(next.change.set, "z");
      expect(hasQuorum(back.set, new Set(idsOf(from)))).toBe(true);
      expect(totalWeight(back.set)).toBe(totalWeight(from));
    }),
    chance(300),
  );
});
