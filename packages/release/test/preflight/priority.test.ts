import type { Manifest } from "../../src/preflight/manifest.ts";
import { checkPriorities, prioritiesNamed } from "../../src/preflight/pods/priority.ts";
import { setOf } from "./sets.ts";

/** A set whose pods are of a class. */
function setWith(name: string, priorityClassName?: string): Manifest {
  const set = setOf(name);
  const { template } = set.spec;
  const spec = { ...template.spec, ...(priorityClassName && { priorityClassName }) };
  return { ...set, spec: { ...set.spec, template: { ...template, spec } } };
}

const rendered: Manifest = { kind: "PriorityClass", metadata: { name: "own" } };

test("the priority classes that have to be there are those that nobody else brings", () => {
  const named = ["own", "team", "team", "system-node-critical", "system-own", undefined];
  const sets = named.map((name, at) => setWith(`set-${at}`, name));

  expect(prioritiesNamed([rendered, ...sets])).toEqual(["team", "system-own"]);
});

test("a set whose pods nobody would let in any more is an error", () => {
  const sets = [setWith("one", "nope"), setWith("two", "team"), setWith("three")];

  expect(checkPriorities(sets, ["nope"])).toMatchObject([
    { code: "priority-unknown", level: "error", at: "StatefulSet one, priorityClassName" },
  ]);
});
