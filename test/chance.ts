import { whole } from "./proof.ts";

/**
 * PLAYBOOK_FULL=1 tries others each time, fast-check names their seed: PLAYBOOK_SEED tries those
 * again.
 */
const named = process.env.PLAYBOOK_SEED;
const seed = named ? Number(named) : whole ? undefined : 4;

/**
 * How many cases a property is tried on: the same each time in `npm test`, so that red means
 * changed.
 */
export function chance(numRuns = 100, more = 10): { numRuns: number; seed?: number } {
  return { numRuns: whole ? more * numRuns : numRuns, ...(seed === undefined ? {} : { seed }) };
}
