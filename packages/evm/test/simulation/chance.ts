import fc from "fast-check";
import { chance } from "../../../../test/chance.ts";
import { claim } from "../../../../test/proof.ts";

/** PLAYBOOK_FULL=1 tries so many times as many schedules. */
const MORE = 50;

/** Tries a property on so many schedules made by chance, and says so. */
export async function holds<Given>(
  what: string,
  count: number,
  property: fc.IAsyncProperty<Given>,
): Promise<void> {
  const since = Date.now();
  const runs = chance(count, MORE);
  await fc.assert(property, runs);
  const tried = runs.numRuns;
  claim(`Schedules by chance: ${what}`, { tried, passed: tried, unit: "schedules", since });
}
