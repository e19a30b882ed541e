import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { bodyOf, type Listed, next } from "../src/sticky.ts";

const bot = "github-actions[bot]";
const wanted = (order: number, body = "new") => ({ key: "plan", order, author: bot, body });

function comment(id: number, order: number, more: Partial<Listed> = {}): Listed {
  const body = bodyOf({ key: "plan", order, body: `of run ${order}`, whole: "the run" });
  return { id, html_url: `url-${id}`, user: { login: bot }, body, ...more };
}

test("where there is none, one is made", () => {
  expect(next([], wanted(5))).toEqual({ do: "create", remove: [] });
});

test("the one there is gets changed", () => {
  expect(next([comment(1, 4)], wanted(5))).toEqual({ do: "update", id: 1, remove: [] });
});

test("a newer run's comment is left alone", () => {
  expect(next([comment(1, 6)], wanted(5))).toMatchObject({ do: "done", newer: true, url: "url-1" });
});

test("the same text is not written twice", () => {
  const same = comment(1, 5);
  expect(next([same], wanted(5, same.body))).toMatchObject({ do: "done", newer: false });
});

test("of several the newest stays, and the first of those that are as new", () => {
  const listed = [comment(1, 4), comment(2, 6), comment(3, 6)];
  expect(next(listed, wanted(6))).toEqual({ do: "update", id: 2, remove: [3, 1] });
});

test.each([
  { says: "somebody else's, with our marker", over: { user: { login: "mallory" } } },
  { says: "of an account that is gone", over: { user: null } },
  { says: "of ours, that quotes the marker", over: { body: `> ${comment(1, 1).body}` } },
  { says: "of ours, with another key", over: { body: comment(1, 1).body?.replace("plan", "x") } },
  { says: "of ours, without a body", over: { body: undefined } },
])("a comment $says is not touched", ({ over }) => {
  expect(next([comment(1, 1, over)], wanted(5))).toEqual({ do: "create", remove: [] });
});

test("a key that begins like another is another", () => {
  const listed = [comment(1, 1)];
  expect(next(listed, { ...wanted(5), key: "pla" })).toMatchObject({ do: "create" });
});

test("what this run made counts although the list does not have it yet", () => {
  const made = [comment(1, 5)];
  expect(next([], wanted(5), { made, written: [] })).toMatchObject({ do: "done", url: "url-1" });
});

test("what this run changed, and somebody removed, is made again", () => {
  expect(next([], wanted(5), { made: [], written: [1] })).toMatchObject({ do: "create" });
});

test("all that look at the same comments keep the same one", () => {
  const orders = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      orders,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2 }),
      (have, runs) => {
        const listed = have.map((order, at) => comment(at, order));
        const kept = runs.map((order) => {
          const { remove } = next(listed, wanted(order));
          return listed.filter(({ id }) => !remove.includes(id)).map(({ id }) => id);
        });
        expect(kept[0]).toHaveLength(1);
        expect(new Set(kept.map(String)).size).toBe(1);
      },
    ),
    chance(),
  );
});

test("a comment is never longer than GitHub takes, marker and notice included", () => {
  const body = bodyOf({ key: "plan", order: 1, body: "line\n".repeat(20_000), whole: "[it](url)" });

  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body).toMatch(/^<!-- playbook plan 1 -->\nline\n/);
  expect(body).toContain("the whole is in [it](url)");
});
