import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { folderOf, keyOf, nameOf, orderOf, prefixOf, readName } from "../src/name.ts";

const turns = fc.record({
  run: fc.integer({ min: 0, max: 99_999_999_999 }),
  attempt: fc.integer({ min: 1, max: 50 }),
});
const pulls = fc.integer({ min: 1, max: 9_999_999 });

test("a name says whose preview it is, and so does the key of each of its files", () => {
  fc.assert(
    fc.property(pulls, turns, fc.webSegment(), (pull, turn, path) => {
      const name = nameOf(pull, turn);
      expect(readName(name)).toMatchObject({ name, pull });
      expect(readName(folderOf(name) + path)).toMatchObject({ name, pull });
      expect(name.startsWith(`${keyOf(pull)}-`)).toBe(true);
      expect(folderOf(name).startsWith(prefixOf(pull))).toBe(true);
    }),
    chance(),
  );
});

test("a later run is later, and so is a later attempt of one run", () => {
  fc.assert(
    fc.property(turns, turns, (one, other) => {
      const sign = Math.sign(one.run - other.run || one.attempt - other.attempt);
      const order = Math.sign(orderOf(nameOf(7, one)) - orderOf(nameOf(7, other)));
      expect(order).toBe(sign);
    }),
    chance(),
  );
});

test("what begins with one pull request's prefix is no other's", () => {
  fc.assert(
    fc.property(pulls, pulls, turns, (pull, other, turn) => {
      fc.pre(pull !== other);
      expect(folderOf(nameOf(other, turn)).startsWith(prefixOf(pull))).toBe(false);
    }),
    chance(),
  );
});

test.each(["live", "v1", "pr-1", "pr-0-1-1", "releases/v1/index.html", "state/pr-1-1-1"])(
  "%s is nobody's, and older than anything",
  (text) => {
    expect(readName(text)).toBeUndefined();
    expect(orderOf(text)).toBe(-1);
  },
);
