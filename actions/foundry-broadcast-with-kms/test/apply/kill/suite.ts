import { claim, whole } from "../../../../../test/proof.ts";
import { sample } from "../effects.ts";
import type { Death } from "./effect.ts";
import { Sweep, type SweepOptions } from "./sweep.ts";

export const alpha = { id: 10012, name: "alpha" };
export const beta = { id: 43113, name: "beta" };
export const gamma = { id: 5, name: "gamma", fees: "legacy" } as const;

/** A sweep, and how many of its points `npm test` takes. */
export type Swept = SweepOptions & { name: string; samples: number };

/** So many of them, always the same. */
const spread = (points: Death[], count: number): Death[] =>
  sample(points.length, count).flatMap((nth) => points[nth - 1] ?? []);

/**
 * A whole release (a library, creates, CREATE2, calls, values, a role, ownership) as GitHub runs
 * it, killed before, within and after every call to KMS, S3, STS, the issuer, the chains, and every
 * write to the disk. `npm test` takes a fixed sample of the points, `npm run test:proof` all of
 * them.
 */
export function sweeps(all: Swept[]): void {
  describe.each(all)("a release to $name", ({ name, samples, ...options }) => {
    let sweep: Sweep;
    beforeAll(async () => {
      sweep = await Sweep.open(options);
    }, 300_000);
    afterAll(() => sweep?.[Symbol.asyncDispose]());

    test("touches the world by no way that has no boundary", () => {
      expect(sweep.undisturbed.gaps).toEqual([]);
      expect(sweep.undisturbed.faults).toEqual([]);
    });

    test("ends with each step once, the same addresses and state, wherever it was killed", async () => {
      const since = Date.now();
      const { points } = sweep;
      const within = points.filter(({ when }) => when === "within");
      const chosen = whole ? points : [...spread(points, samples), ...spread(within, 1)];
      const { tried, passed, faults } = await sweep.at(chosen);

      const what = `SIGKILL, then one more run: ${name}, ${sweep.arena.steps} steps`;
      claim(what, { tried, of: points.length, passed, unit: "points", since });
      expect(within).not.toEqual([]);
      expect(faults.flatMap((one) => one.why)).toEqual([]);
      // How often a run looks at a chain is up to the clock: a look that is not there cannot be
      // killed.
      expect(chosen.length - tried).toBeLessThanOrEqual(chosen.length / 20);
    }, 3_600_000);
  });
}
