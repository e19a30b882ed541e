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
