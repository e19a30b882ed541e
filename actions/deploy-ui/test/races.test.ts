import { claim, whole } from "../../../test/proof.ts";
import {
  chance,
  DAY,
  goingBack,
  honest,
  type Life,
  manifestWith,
  releasing,
  Simulation,
} from "./simulation.ts";

const ROUNDS = whole ? 20_000 : 400;

/**
 * A site with a past, then releases, a way back and deletions all at once, some of them killed
 * somewhere; then one more release.
 */
async function round(seed: number): Promise<string[]> {
  const random = chance(seed);
  const simulation = new Simulation(random);
  const below = (most: number) => Math.floor(random() * most);
  const files = () =>
    ["a", "b", "c", "d"].filter(() => random() < 0.5).map((one) => `assets/${one}`);
  const release = (name: string, plan: { order: number; keep: number }, life: Life = {}) => {
    const manifest = simulation.manifests.get(name) ?? manifestWith(name, files());
    return honest(simulation, simulation.run(releasing(simulation, manifest, plan), life));
  };

  for (let order = 1; order <= 4; order += 1) {
    const done = release(
      `v${order}`,
      { order, keep: 9 },
      random() < 0.2 ? { steps: below(40) } : {},
    );
    await simulation.settle();
    await done;
    simulation.pass(random() < 0.7 ? DAY : 60_000);
  }
  const runs = Array.from({ length: 2 + below(3) }, (_, index) => {
    // Some are slow: others do all of their work between two of its steps.
    const pause = random() < 0.4 ? below(5) : 0;
    const life = { idle: below(80), pause, ...(random() < 0.3 && { steps: below(60) }) };
    if (random() < 0.2) return honest(simulation, simulation.run(goingBack(), life));
    // Somebody goes on with what may have been killed days ago.
    if (random() < 0.3) return release("v4", { order: 4, keep: 1 }, life);
    return release(`w${index}`, { order: 4 + below(3), keep: 1 }, life);
  });
  await simulation.settle(random() < 0.3 ? 0.02 : 0);
  await Promise.all(runs);

  simulation.pass(random() < 0.5 ? DAY : 1_000);
  const last = release("last", { order: 100, keep: 1 });
  await simulation.settle();
  await last;
  if (simulation.live !== "last") simulation.faults.push(`${simulation.live} is live in the end`);
  return simulation.faults.map((fault) => `seed ${seed}: ${fault}`);
}

test("at any moment one release is live with all of its files, and the next run goes on", async () => {
  const since = Date.now();
  const faults: string[] = [];
  let failed = 0;
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const found = await round(seed);
    faults.push(...found.slice(0, 2));
    if (found.length > 0) failed += 1;
  }
  claim("Releases, ways back and deletions at once, some killed, of a simulated site", {
    ...{ tried: ROUNDS, passed: ROUNDS - failed, unit: "orders", since },
  });
  expect(faults.slice(0, 10)).toEqual([]);
}, 3_600_000);
