import { isMarkedFor, markFor, otherDestination } from "../src/destination.ts";

const own = { server: "https://one.example", namespace: "axon", release: "axon" };
const setWith = (annotations?: Record<string, string>) => ({
  metadata: { name: "axon-v0", namespace: "old", ...(annotations && { annotations }) },
});

test.each([
  ["another cluster", { ...own, server: "https://two.example" }],
  ["another namespace", { ...own, namespace: "other" }],
  ["another release", { ...own, release: "other" }],
])("a set that was shut for %s is restored elsewhere", (_, other) => {
  const set = setWith(markFor(other));

  expect(otherDestination(set as never, own)).toContain(
    `${other.release} in namespace ${other.namespace} of ${other.server}`,
  );
  expect(isMarkedFor(set as never, own)).toBe(false);
});

test("one that was shut for this restore, or by hand, is not", () => {
  expect(otherDestination(setWith(markFor(own)) as never, own)).toBeNull();
  expect(isMarkedFor(setWith(markFor(own)) as never, own)).toBe(true);
  expect(otherDestination(setWith({ "playbook/fenced": "by hand" }) as never, own)).toBeNull();
  expect(otherDestination(setWith() as never, own)).toBeNull();
});
