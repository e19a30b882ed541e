import { whole } from "../../../../test/proof.ts";
import { sweep, type Tried } from "../../../../test/sweep.ts";
import { sample } from "../../../foundry-broadcast-with-kms/test/apply/effects.ts";
import {
  type Death,
  pointsOf,
} from "../../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import { openTreasury, type Treasury } from "./treasury.ts";

/** How many of the points `npm test` takes. */
const SAMPLES = 6;

let treasury: Treasury;
beforeAll(async () => {
  treasury = await openTreasury();
});
afterAll(() => treasury?.[Symbol.asyncDispose]());

/** What every run does, however often it looks at the chains. */
const EFFECT = /^kms |^s3 PUT |eth_sendRawTransaction/;

const spread = (points: Death[]): Death[] =>
  sample(points.length, SAMPLES).flatMap((nth) => points[nth - 1] ?? []);

/** One run that dies there, and one more; what is wrong after it. */
async function tryAt(death: Death): Promise<Tried> {
  await treasury.reset();
  const { signal, code, output } = await treasury.running(death);
  const killed = signal === "SIGKILL";
  const faults = killed || code === 0 ? [] : [`it ended by itself with ${code}: ${output}`];
  const { unpaid } = await treasury.run({ run: "the next" });
  faults.push(...unpaid.map(({ error }) => `the next run: ${error.code}: ${error.why}`));
  faults.push(...(await treasury.faults()));
  const when = death.when === "within" ? `after ${death.calls} calls of` : death.when;
  const where = `killed ${when} ${death.name} (${death.nth})`;
  return { killed, faults: faults.map((fault) => `${where}: ${fault}`) };
}

test("each agent is paid once, wherever the run was killed", async () => {
  await treasury.reset();
  const first = await treasury.running();
  expect(first).toMatchObject({ code: 0 });
  expect(await treasury.faults()).toEqual([]);
  const { effects } = first;
  expect(effects.filter(({ kind }) => kind === "unknown" || kind === "spawn")).toEqual([]);
  const points = pointsOf(effects);
  const chosen = whole ? points : spread(points.filter(({ name }) => EFFECT.test(name)));

  const what = `${treasury.agents.length} payments to agents on two chains`;
  const tried = await sweep(what, { points: chosen, of: points.length }, tryAt);

  // How often a run looks at a chain is up to the clock: a look that is not there kills nobody.
  expect(tried).toBeGreaterThanOrEqual(chosen.length / 2);
}, 3_600_000);
