import { claim, whole } from "../../../test/proof.ts";
import { sample } from "../../foundry-broadcast-with-kms/test/apply/effects.ts";
import { type Death, pointsOf } from "../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import { Arena } from "./kill/arena.ts";

/** How many of the points `npm test` takes. */
const SAMPLES = 6;

/** The whole sweep says what it tried after each of so many parts: it takes most of an hour. */
const PARTS = 8;

let arena: Arena;
beforeAll(async () => {
  arena = await Arena.open([5, 10012]);
});
afterAll(() => arena?.[Symbol.asyncDispose]());

const spread = (points: Death[]): Death[] =>
  sample(points.length, SAMPLES).flatMap((nth) => points[nth - 1] ?? []);

/** Each part has points of the whole run, from its beginning to its end. */
const dealt = (points: Death[]): Death[][] =>
  Array.from({ length: PARTS }, (_, part) => points.filter((_, nth) => nth % PARTS === part));

/** One run that dies there, and one more of the same plan; what is wrong after it. */
async function tryAt(death: Death, like: string): Promise<{ killed: boolean; faults: string[] }> {
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

/** What is wrong after each of these deaths, and how many runs did not come to theirs. */
async function sweep(points: Death[], like: string, of: number) {
  const since = Date.now();
  const faults: string[] = [];
  let [tried, failed] = [0, 0];
  for (const point of points) {
    const { killed, faults: found } = await tryAt(point, like);
    if (killed) tried += 1;
    if (found.length > 0) {
      failed += 1;
      // The sweep is long: whoever stops it has seen what was wrong so far.
      console.log(found.join("\n"));
    }
    faults.push(...found);
  }
  const what = `SIGKILL, then one more run: Hyperlane's core on two chains, ${arena.steps} steps`;
  claim(what, { tried, of, passed: tried - failed, unit: "points", since });
  return { faults, missed: points.length - tried };
}

test("two chains come about, each step once, wherever the run was killed", async () => {
  const round = await arena.reset();
  expect(await arena.run(round)).toMatchObject({ code: 0 });
  expect(await arena.faults()).toEqual([]);
  const like = JSON.stringify(await arena.accounts());
  const effects = await arena.effects(round);
  expect(effects.filter(({ kind }) => kind === "unknown" || kind === "spawn")).toEqual([]);
  const points = pointsOf(effects);
  const parts = whole ? dealt(points) : [spread(points)];
  const results = [];
  for (const part of parts) results.push(await sweep(part, like, points.length));
  expect(results.flatMap(({ faults }) => faults)).toEqual([]);
  // How often a run looks at a chain is up to the clock: a look that is not there kills nobody.
  const missed = results.reduce((sum, result) => sum + result.missed, 0);
  expect(missed).toBeLessThanOrEqual(1 + parts.flat().length / 20);
}, 7_200_000);
