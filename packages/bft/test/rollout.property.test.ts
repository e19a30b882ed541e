import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { claim } from "../../../test/proof.ts";
import { rollOut } from "./rollout-model.ts";
import { type Scenario, scenarios, youngChains } from "./scenario.ts";

/** Rolls out, and expects that nobody was taken whose vote was needed, and the truth at the end. */
function expectSound(scenario: Scenario): void {
  const { cluster, end, deeds } = rollOut(scenario);

  for (const deed of deeds) {
    expect(deed.evictions).toBe("shut");
    expect(deed.underWay).toBe(0);
    if (deed.voted && deed.before && deed.known) expect(deed).toMatchObject({ after: true });
  }
  if (end.outcome === "done") expect(cluster.settledAt("new")).toBe(true);
  if (end.outcome === "taken-back") expect(cluster.settledAt("old")).toBe(true);
  if (end.outcome !== "done" && end.outcome !== "taken-back") expect(end.failure).not.toBeNull();
}

describe("a rollout", () => {
  test.each([
    ["with failures within and beyond what the votes allow", scenarios],
    ["the same, begun before all are connected", youngChains],
  ])("never leaves fewer votes than commit a block, and ends with the truth: %s", (name, kind) => {
    const since = Date.now();
    const runs = chance(200, 5);
    fc.assert(fc.property(kind, expectSound), runs);
    const { numRuns: tried } = runs;
    const what = `Rollouts of a model chain, ${name}`;
    claim(what, { tried, passed: tried, unit: "rollouts", since });
  });
});
