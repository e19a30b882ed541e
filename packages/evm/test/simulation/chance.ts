import fc from "fast-check";
import { claim, whole } from "../../../../test/proof.ts";

/** PLAYBOOK_FULL=1 tries so many times as many schedules, others each time; fast-check names the seed. */
const MORE = 50;

/** Tries a property on so many schedules made by chance, and says so. */
export async function holds<Given>(
  what: string,
  count: number,
  property: fc.IAsyncProperty<Given>,
): Promise<void> {
  const since = Date.now();
  const tried = whole ? MORE * count : count;
  await fc.assert(property, whole ? { numRuns: tried } : { numRuns: tried, seed: 4 });
  claim(`Schedules by chance: ${what}`, { tried, passed: tried, unit: "schedules", since });
}
