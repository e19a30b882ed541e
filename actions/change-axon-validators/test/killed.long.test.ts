import { fileURLToPath } from "node:url";
import { sweep, type Tried } from "../../../test/sweep.ts";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { pointsOf } from "../../helm-rollout-axon/test/killed/points.ts";
import { type Point, runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { type HandMadeChain, makeByHand } from "./hand-made.ts";
import { change, inputsFor, openPlace, type Place, wanted } from "./place.ts";

const program = fileURLToPath(new URL("./process.ts", import.meta.url));

/** How many of the points `npm test` takes. */
const SAMPLES = 4;

let place: Place;
let chain: HandMadeChain;
beforeAll(async () => {
  place = await openPlace("el-axon");
  chain = await makeByHand(place.cluster, "axon", { followers: 2, interval: 300 });
  await change(place.cluster, chain, { validators: first(5) });
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

const first = (count: number) => wanted(chain.validators.slice(0, count));

/** Six validators, then five, and so on: one is taken in and out again. */
let count = 5;
const next = () => {
  count = 11 - count;
  return first(count);
};

/** Inputs as a file can hold them. */
async function written(validators: ReturnType<typeof first>): Promise<object> {
  const inputs = await inputsFor(place.cluster, chain, { validators });
  return { ...inputs, publicKeys: [...inputs.publicKeys] };
}

/** One run that is killed there, and one more; what is wrong after it. */
async function tryAt(point: Point): Promise<Tried> {
  const validators = next();
  const { killed } = await runKilled(place.cluster, await written(validators), point, { program });
  const { outputs } = await change(place.cluster, chain, { validators }, knowing());
  const keys = outputs.validators as string[];
  const left = await place.cluster.api.list("/apis/batch/v1/namespaces/axon/jobs");
  const faults = [
    ...(outputs.outcome === "done" ? [] : [`it ends with ${outputs.outcome}`]),
    ...(keys.length === count ? [] : [`there are ${keys.length} validators, not ${count}`]),
    ...left.map(({ metadata }) => `${metadata.name} is left`),
  ];
  const where = `killed ${point.phase} request ${point.request}`;
  return { killed, faults: faults.map((fault) => `${where}: ${fault}`) };
}

test("a change of the set that is killed at any write is finished by the next run", async () => {
  const undisturbed = await runKilled(place.cluster, await written(next()), undefined, { program });
  expect(undisturbed.output).toContain('"outcome":"done"');
  const points = pointsOf(undisturbed.requests, SAMPLES);

  await sweep("a validator is taken in or out", { points, of: 2 * undisturbed.requests }, tryAt);
}, 21_600_000);

test("no key has ever signed two blocks at one height", async () => {
  const signatures = await place.pods.signatures();

  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
