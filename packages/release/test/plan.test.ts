import { beginningWith } from "../src/plan.ts";
import { keyedSets, specOf, votersOf } from "./preflight/chain.ts";
import { setOf } from "./preflight/sets.ts";

test("what a chain that is to begin survives is told by its chain spec, or else by its pods", () => {
  const one = (id: string) => ({ id, weight: 1 });

  expect(beginningWith([specOf(7)], keyedSets(5))).toEqual(votersOf(7));
  expect(beginningWith([], [setOf("a"), setOf("b", { replicas: 2 })])).toEqual(
    ["a-0", "b-0", "b-1"].map(one),
  );
});
