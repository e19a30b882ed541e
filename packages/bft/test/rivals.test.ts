import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { type Toll, tollsOf, type Way } from "./rivals.ts";
import { overtaken, type Scenario, scenarios } from "./scenario.ts";

let tried: { scenario: Scenario; tolls: Record<Way, Toll> }[];

beforeAll(() => {
  const some = fc.sample(scenarios, chance(67, 15));
  tried = some.map((scenario) => ({ scenario, tolls: tollsOf(scenario) }));
}, 600_000);

/** What all scenarios together cost. */
function costOf(way: Way, cost: (toll: Toll) => number): number {
  return tried.reduce((sum, { tolls }) => sum + cost(tolls[way]), 0);
}

const isKnown = (scenario: Scenario, breach: Toll["breaches"][number]) =>
  breach.known && !overtaken(scenario, breach);

const breached = ({ breaches }: Toll) => Number(breaches.length > 0);

describe("of the ways of bringing a version about", () => {
  test("ours takes no vote away that the quorum is known to need", () => {
    const to = ({ scenario, tolls }: (typeof tried)[number]) =>
      tolls.ours.breaches.some((breach) => isKnown(scenario, breach));

    expect(tried.filter(to)).toEqual([]);
  });

  test("ours leaves a chain that makes blocks, or says that it does not", () => {
    const isSilent = ({ alive, warned }: Toll) => !alive && !warned;

    expect(tried.filter(({ tolls }) => isSilent(tolls.ours))).toEqual([]);
    expect(costOf("ours", ({ alive }) => Number(!alive))).toBeLessThan(tried.length / 200);
  });

  test.each(["all at once", "helm --atomic"] as const)("%s takes the quorum away", (rival) => {
    expect(costOf(rival, breached)).toBeGreaterThan(5 * costOf("ours", breached));
    expect(costOf(rival, ({ alive }) => Number(!alive))).toBeGreaterThan(0);
  });

  test.each(["blocksLost", "withoutQuorum"] as const)("ours has the least of %s", (cost) => {
    const [ours, all, atomic] = (["ours", "all at once", "helm --atomic"] as const).map((way) =>
      costOf(way, (toll) => toll[cost]),
    );

    expect(ours).toBeLessThan(atomic ?? 0);
    expect(atomic).toBeLessThan(all ?? 0);
  });
});
