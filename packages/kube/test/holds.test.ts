import { holds, isPatched } from "../src/holds.ts";

test.each([
  { object: { a: 1, b: 2 }, wanted: { a: 1 }, is: true },
  { object: { a: { b: { c: 1, d: 2 } } }, wanted: { a: { b: { c: 1 } } }, is: true },
  { object: { a: [1, { b: 2, c: 3 }] }, wanted: { a: [1, { b: 2 }] }, is: true },
  { object: { a: 1 }, wanted: { a: 1, b: undefined }, is: true },
  { object: { a: 1 }, wanted: { a: 2 }, is: false },
  { object: { a: [1, 2] }, wanted: { a: [1] }, is: false },
  { object: {}, wanted: { a: {} }, is: false },
  { object: { a: "1" }, wanted: { a: 1 }, is: false },
  { object: { a: [] }, wanted: { a: {} }, is: true },
])("$object holds $wanted: $is", ({ object, wanted, is }) => {
  expect(holds(object, wanted)).toBe(is);
});

test("a patch is done when each of its places has what it puts there", () => {
  const patch = [
    { op: "test", path: "/spec/count", value: 1 },
    { op: "replace", path: "/spec/count", value: 2 },
    { op: "add", path: "/metadata/labels/a~1b~0c", value: "d" },
    { op: "remove", path: "/spec/old" },
  ] as const;
  const metadata = { labels: { "a/b~c": "d" } };

  expect(isPatched({ metadata, spec: { count: 2 } }, patch)).toBe(true);
  expect(isPatched({ metadata, spec: { count: 1 } }, patch)).toBe(false);
  expect(isPatched({ metadata, spec: { count: 2, old: null } }, patch)).toBe(false);
  expect(isPatched({ spec: { count: 2 } }, patch)).toBe(false);
});
