import { contextForTests } from "@playbook/action/testing";
import { seeLock } from "../src/lock.ts";

const warningsOf = async (rule: { ms: number } | null) => {
  const context = contextForTests();
  const store = { location: "s3://backups/axon" };
  await seeLock({ store, rule: async () => rule }, context);
  return context.warnings;
};

test.each([
  ["has no object lock", null],
  ["has object lock, but no default retention", { ms: 0 }],
])("that a bucket %s is said, with what it means and what to do", async (lack, rule) => {
  expect(await warningsOf(rule)).toEqual([
    `The bucket of s3://backups/axon ${lack}: whoever may delete in it can delete every backup ` +
      "there is. Give it object lock with a default retention, as the bucket of this action's " +
      "template.yml has them.",
  ]);
});

test("of a bucket that locks each new object nothing is said", async () => {
  expect(await warningsOf({ ms: 1 })).toEqual([]);
});
