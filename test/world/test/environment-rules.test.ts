import { branchRefusal } from "../src/runner/gate.ts";

const rules = { branches: ["main", "release/*"], tags: ["v*"] };

test.each(["refs/heads/main", "refs/heads/release/1", "refs/tags/v2"])("%s may deploy", (ref) => {
  expect(branchRefusal("production", rules, ref)).toBeUndefined();
});

test.each([
  ["refs/heads/other", 'Branch "other"'],
  ["refs/heads/main2", 'Branch "main2"'],
  ["refs/heads/release/1/2", 'Branch "release/1/2"'],
  ["refs/heads/v2", 'Branch "v2"'],
  ["refs/tags/main", 'Tag "main"'],
  ["refs/pull/7/merge", 'Branch "refs/pull/7/merge"'],
])("%s may not", (ref, who) => {
  expect(branchRefusal("production", rules, ref)).toBe(
    `${who} is not allowed to deploy to production due to environment protection rules.`,
  );
});

test("an environment without rules takes every ref", () => {
  expect(branchRefusal("staging", {}, "refs/heads/other")).toBeUndefined();
});
