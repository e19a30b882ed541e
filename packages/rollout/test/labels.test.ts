import { selects } from "../src/index.ts";
import { isSelected } from "../src/labels.ts";

const labels = { app: "axon", zone: "3" };
const by = (operator: string, key: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

test.each([
  [undefined, false],
  [null, false],
  [{}, true],
  [{ matchLabels: null, matchExpressions: null }, true],
  [{ matchLabels: { app: "axon" } }, true],
  [{ matchLabels: { app: "axon", more: "x" } }, false],
  [by("In", "app", "axon", "other"), true],
  [by("In", "more", "x"), false],
  [by("NotIn", "app", "other"), true],
  [by("NotIn", "more", "x"), true],
  [by("Exists", "app"), true],
  [by("DoesNotExist", "app"), false],
  [by("Gt", "zone", "2"), true],
  [by("Lt", "zone", "3"), false],
  [by("Unknown", "app", "axon"), false],
  [{ matchLabels: { app: "axon" }, ...by("Exists", "more") }, false],
])("a selector %j takes what it should: %s", (selector, taken) => {
  expect(isSelected(selector, labels)).toBe(taken);
});

type Labels = Parameters<typeof selects>[0];

test("a selector selects what has all of its labels, and one of none selects nothing", () => {
  const selector = { app: "axon", tier: "validator" };
  expect(selects(selector, { ...selector, zone: "a" })).toBe(true);
  const others: Labels[] = [undefined, {}, { app: "axon" }, { ...selector, app: "other" }];
  for (const own of others) expect(selects(selector, own)).toBe(false);
  for (const none of [undefined, {}]) expect(selects(none, selector)).toBe(false);
});

test("a label without a value selects nothing, least of all what does not have it", () => {
  const half = { app: undefined } as unknown as Labels;
  const others: Labels[] = [undefined, {}, { app: "axon" }];
  for (const own of others) expect(selects(half, own)).toBe(false);
});
