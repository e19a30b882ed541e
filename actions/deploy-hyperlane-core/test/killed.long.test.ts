import { whole } from "../../../test/proof.ts";
import { sweep, type Tried } from "../../../test/sweep.ts";
import { sample } from "../../foundry-broadcast-with-kms/test/apply/effects.ts";
import { type Death, pointsOf } from "../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import { Arena } from "./kill/arena.ts";

/** How many of the points `npm test` takes. */
const SAMPLES = 6;

let arena: Arena;
beforeAll(async () => {
  arena = await Arena.open([5, 10012]);
});
afterAll(() => arena?.[Symbol.asyncDispose]());

const spread = (points: Death[]): Death[] =>
  sample(points.length, SAMPLES).flatMap((nth) => points[nth - 1] ?? []);

/** One run that dies there, and one more of the same plan; what is wrong after it. */
async function tryAt(death: Death, like: string): Promise<Tried> {
  const round = await arena.reset();
  const { signal, code, output } = await arena.run(round, death);
  const killed = signal === "SIGKILL";
  const faults = killed || code === 0 ? [] : [`it ended by itself with ${code}: ${output}`];
  const { failure } = await arena.again(round);
  if (failure) faults.push(`the next run ends with ${failure.code}: ${failure.why}`);
  faults.push(...(await arena.faults()));
  if (JSON.stringify(await arena.accounts()) !== like) faults.push("the accounts are others");
  const when = death.when === "within" ? `after ${death.calls} calls of` : death.when;
  const where = `killed ${when} ${death.name} (${death.nth})`;
  return { killed, faults: faults.map((fault) => `${where}: ${fault}`) };
}

test("two chains come about, each step once, wherever the run was killed", async () => {
  const round = await arena.reset();
  expect(await arena.run(round)).toMatchObject({ code: 0 });
  expect(await arena.faults()).toEqual([]);
  const like = JSON.stringify(await arena.accounts());
  const effects = await arena.effects(round);
  expect(effects.filter(({ kind }) => kind === "unknown" || kind === "spawn")).toEqual([]);
  const points = pointsOf(effects);
  const chosen = whole ? points : spread(points);
  const what = `Hyperlane's core on two chains, ${arena.steps} steps`;

  const tried = await sweep(what, { points: chosen, of: points.length }, (at) => tryAt(at, like));

  // How often a run looks at a chain is up to the clock: a look that is not there kills nobody.
  expect(tried).toBeGreaterThanOrEqual(0.95 * chosen.length - 1);
}, 7_200_000);
