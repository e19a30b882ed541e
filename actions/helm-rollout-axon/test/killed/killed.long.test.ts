import { stallLimit } from "@playbook/bft";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import type { Values } from "../../../../test/charts.ts";
import { sweep, type Tried } from "../../../../test/sweep.ts";
import { type AxonChain, newChain } from "../axon-chain.ts";
import { knowing } from "./clock.ts";
import { pointsOf } from "./points.ts";
import { faultsIn } from "./state.ts";
import { type Point, runKilled } from "./victim.ts";
import { longestGap, PodWatch, rash } from "./watch.ts";

const NAME = "killed";
const GOOD = "v0.3.1";
const BAD = "v0.3.2";

/** Milliseconds from block to block. */
const INTERVAL = 300;

/** Four steps of a round, in tenths of the interval, as the chart has them. */
const ROUND = (INTERVAL * 45) / 10;

/** With one validator away, and however often it should have led. */
const LIMIT = stallLimit({ interval: INTERVAL, round: ROUND, doublings: 5 }, 1);

/** How many of the points `npm test` takes. */
const SAMPLES = 4;

let cluster: Cluster;
let pods: Pods;
let chain: AxonChain;
let watch: PodWatch;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [GOOD]: {}, [BAD]: { crashAfterMs: 100 } } });
  const values = { chain: { consensus: { interval: INTERVAL } } };
  chain = await newChain(cluster, NAME, { values });
  await chain.roll({});
  watch = new PodWatch(cluster, NAME);
}, 1_200_000);
afterAll(async () => {
  watch?.[Symbol.dispose]();
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

let turn = 0;

/** Another configuration each time: every validator is replaced. */
function next(tag: string): Values {
  turn += 1;
  return { image: { tag }, config: { web3: { maxGasCap: 50_000_000 + turn } } };
}

/** One run that is killed there, and one more; what is wrong after it. */
async function tryAt(tag: string, point: Point): Promise<Tried> {
  const values = next(tag);
  const { killed } = await runKilled(cluster, await chain.inputs(values), point);
  const where = `killed ${point.phase} request ${point.request}`;
  const { report } = await chain.roll(values, {}, knowing());
  const outcome = String(report.outputs.outcome);
  const isRight = outcome === (tag === GOOD ? "done" : "taken-back");
  const wrong = isRight ? [] : [`it is ${outcome}: ${report.failure?.why}`];
  const faults = [...wrong, ...(await faultsIn(cluster, NAME, GOOD))];
  return { killed, faults: faults.map((fault) => `${where}: ${fault}`) };
}

test.each([
  ["a rollout of five validators", GOOD, "done"],
  ["a rollout of five validators that turns back", BAD, "taken-back"],
])(
  "%s that is killed at any change is finished by the next run",
  async (name, tag, outcome) => {
    const undisturbed = await runKilled(cluster, await chain.inputs(next(tag)));
    expect(undisturbed.output).toContain(`"outcome":"${outcome}"`);
    const points = pointsOf(undisturbed.requests, SAMPLES);

    await sweep(name, { points, of: 2 * undisturbed.requests }, (point) => tryAt(tag, point));
  },
  21_600_000,
);

test("through all of it the votes committed blocks, and no key signed two at one height", async () => {
  const signatures = await pods.signatures();

  expect(watch.deletions.length).toBeGreaterThan(20);
  expect(rash(watch.deletions, signatures)).toEqual([]);
  expect(longestGap(signatures, watch.since)).toBeLessThan(LIMIT);
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
