import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { claim } from "../../../test/proof.ts";
import { rollOut } from "./rollout-model.ts";
import { scenarios, unknowable } from "./scenario.ts";

describe("a rollout", () => {
  test("never leaves fewer votes than commit a block, and ends with the truth", () => {
    const since = Date.now();
    const runs = chance(200, 5);
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const { cluster, end, deeds } = rollOut(scenario);

        for (const deed of deeds) {
          expect(deed.evictions).toBe("shut");
          expect(deed.underWay).toBe(0);
          if (deed.voted && deed.before && !unknowable(scenario, deed)) {
            expect(deed).toMatchObject({ after: true });
          }
        }
        if (end.outcome === "done") expect(cluster.settledAt("new")).toBe(true);
        if (end.outcome === "taken-back") expect(cluster.settledAt("old")).toBe(true);
        if (end.outcome !== "done" && end.outcome !== "taken-back") {
          expect(end.failure).not.toBeNull();
        }
      }),
      runs,
    );
    const { numRuns: tried } = runs;
    const what = "Rollouts of a model chain, with failures within and beyond what the votes allow";
    claim(what, { tried, passed: tried, unit: "rollouts", since });
  });
});
