import fc from "fast-check";
import { type ShutSet, unaccounted } from "../src/shut-set.ts";

const KEYS = ["0x1", "0x2", "0x3", "0x4", "0x5"];

test.each<[string, ShutSet[], string[]]>([
  ["nothing is missing where each key is on a set", KEYS.map((key) => ({ key })), []],
  ["a set that the labels leave out is", KEYS.slice(1).map((key) => ({ key })), ["0x1"]],
  [
    "one of a set for each validator, made by hand, is",
    KEYS.slice(1).map(() => ({ nodes: 1 })),
    KEYS,
  ],
  ["nothing is, where one set made by hand runs all", [{ nodes: 5 }], []],
  ["what a set ran that was shut by hand is not known", [{ nodes: null }], []],
  [
    "a set that a person has scaled down may run another's",
    [{ key: "0x1" }, { nodes: 3 }],
    KEYS.slice(1),
  ],
  ["sets of both kinds", [{ key: "0x1" }, { nodes: 4 }], []],
  ["a set more than are restored is no harm", [...KEYS, "0x6"].map((key) => ({ key })), []],
])("of five keys, %s", (_, shut, missing) => {
  expect(unaccounted(KEYS, shut)).toEqual(missing);
});

test("a node more than are known by key or by number is noticed, and no other", () => {
  const count = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(count, fc.nat(), fc.nat(), (total, some, more) => {
      const keys = Array.from({ length: total }, (_, at) => `0x${at}`);
      const named = keys.slice(0, some % total).map((key) => ({ key }));
      const others = total - named.length;

      expect(unaccounted(keys, [...named, { nodes: others - 1 }])).toEqual(
        keys.slice(named.length),
      );
      expect(unaccounted(keys, [...named, { nodes: others + more }])).toEqual([]);
    }),
  );
});
