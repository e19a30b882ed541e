import { claim, whole } from "../../../../test/proof.ts";
import { sample } from "./effects.ts";
import { buildProgram, Sweep, type SweepOptions } from "./kill/sweep.ts";

/**
 * A whole release (a library, creates, CREATE2, calls, values, a role, ownership) as GitHub runs it,
 * killed before, within and after every call to KMS, S3, STS, the issuer, the chains, and every write
 * to the disk. `npm test` takes a fixed sample of the points, `npm run test:proof` all of them.
 */
const alpha = { id: 10012, name: "alpha" };
const beta = { id: 43113, name: "beta" };
const gamma = { id: 5, name: "gamma", fees: "legacy" } as const;

const SWEEPS: (SweepOptions & { name: string; samples: number })[] = [
  { name: "one chain, its state in a bucket", chains: [alpha], keeping: "bucket", samples: 8 },
  {
    name: "three chains, their state in a bucket",
    chains: [alpha, beta, gamma],
    keeping: "bucket",
    samples: 4,
  },
  { name: "one chain, its state in a folder", chains: [alpha], keeping: "folder", samples: 4 },
];

describe.each(SWEEPS)("a release to $name", ({ name, samples, ...options }) => {
  let sweep: Sweep;
  beforeAll(async () => {
    sweep = await Sweep.open({ ...options, program: await buildProgram() });
  }, 300_000);
  afterAll(() => sweep?.[Symbol.asyncDispose]());

  test("touches the world by no way that has no boundary", () => {
    expect(sweep.undisturbed.gaps).toEqual([]);
    expect(sweep.undisturbed.faults).toEqual([]);
  });

  test("ends with each step once, the same addresses and state, wherever it was killed", async () => {
    const since = Date.now();
    const { points } = sweep;
    const chosen = whole ? points : sample(points.length, samples).map((nth) => points[nth - 1]);
    const { tried, missed, faults } = await sweep.at(chosen.flatMap((point) => point ?? []));

    const what = `SIGKILL, then one more run: ${name}, ${sweep.arena.steps} steps`;
    claim(what, {
      tried,
      of: points.length,
      passed: tried - faults.length,
      unit: "points",
      since,
    });
    expect(faults.flatMap((one) => one.why)).toEqual([]);
    // How often a run looks at a chain is up to the clock: a look that is not there cannot be killed.
    expect(missed).toBeLessThanOrEqual(tried / 20);
  }, 3_600_000);
});

test("an effect without a boundary fails the sweep", async () => {
  await using sweep = await Sweep.open({ chains: [alpha], keeping: "folder" });
  const gaps = await sweep.gapsWith(new URL("./kill/stowaway.mjs", import.meta.url));

  expect(gaps).toEqual([
    "spawn touch",
    expect.stringMatching(/^alpha got \d+ calls, of which \d+ had a boundary$/),
    expect.stringMatching(/^the file .*\/unseen$/),
  ]);
});
