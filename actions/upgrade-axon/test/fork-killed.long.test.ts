import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import { pendingForkIn, type StatefulSet } from "@playbook/release";
import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { sweep, type Tried } from "../../../test/sweep.ts";
import { endChains } from "../../helm-rollout-axon/test/axon-chain.ts";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { pointsOf } from "../../helm-rollout-axon/test/killed/points.ts";
import { faultsIn } from "../../helm-rollout-axon/test/killed/state.ts";
import { type Point, runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { askNode, type Forkless, forkless, hurried, isWaiting } from "./place.ts";

const VERSION = "v0.3.1";
const MINUTE = 60_000;
/** Not more time than two runs need: all of it is waited for, block by block. */
const fork = { upgrade: "fork", prepareTime: 2 * MINUTE, validatorTimeout: MINUTE } as const;
const program = fileURLToPath(new URL("./process.ts", import.meta.url));

/** How many of the points `npm test` takes. */
const SAMPLES = 2;

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [VERSION]: {} } });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

let number = 0;

/** A chain forks once: each point has one of its own. */
async function created(): Promise<Forkless> {
  number += 1;
  const chain = await forkless(cluster, `fork-${number}`);
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
  return chain;
}

/**
 * A fork in a process of its own, whose chain hurries to the block once that is all that is left.
 */
async function runFork(chain: Forkless, point?: Point) {
  const stdout = new PassThrough();
  stdout.on("data", (text) => {
    if (isWaiting(String(text))) void pods.hurry(chain.namespace);
  });
  return runKilled(cluster, await chain.upgradeInputs({}, fork), point, { program, stdout });
}

async function unforked({ namespace }: Forkless): Promise<string[]> {
  const asked = [0, 1, 2, 3, 4].map(async (at) => {
    const info = await askNode(pods, `${namespace}/axon-v${at}-0`, "axon_getHardforkInfo");
    const said = JSON.stringify(info);
    return said === '{"Andromeda":"enabled"}' ? [] : [`axon-v${at} says ${said}`];
  });
  return (await Promise.all(asked)).flat();
}

/** The blocks that validators are prepared for: what only a set's template says binds nobody. */
async function preparedFor({ namespace }: Forkless): Promise<number[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  const heights = found.map(({ spec }) => {
    return pendingForkIn([{ spec: { template: { spec } } } as StatefulSet])?.height;
  });
  return [...new Set(heights.filter((height) => height !== undefined))];
}

/** One fork that is killed there, and one more run; what is wrong after it. */
async function tryAt(point: Point): Promise<Tried> {
  const chain = await created();
  const { killed } = await runFork(chain, point);
  const begun = await preparedFor(chain);
  const { report } = await chain.upgrade(fork, hurried(pods, chain.namespace, knowing()));

  const { outcome, "fork-height": height } = report.outputs;
  const moved = begun.filter((other) => other !== Number(height));
  const faults = [
    ...(outcome === "done" ? [] : [`it is ${outcome}: ${report.failure?.why}`]),
    ...moved.map((other) => `it is at ${height}, and was to be at ${other}`),
    ...(await unforked(chain)),
    ...(await faultsIn(cluster, chain.namespace, VERSION)),
  ];
  await endChains(cluster);
  return { killed, faults: faults.map((fault) => `${point.phase} ${point.request}: ${fault}`) };
}

test("a fork that is killed at any change is finished by the next run, at the same height", async () => {
  const undisturbed = await runFork(await created());
  await endChains(cluster);
  expect(undisturbed.output).toContain('"outcome":"done"');
  const points = pointsOf(undisturbed.requests, SAMPLES);

  await sweep("a fork of five validators", { points, of: 2 * undisturbed.requests }, tryAt);
}, 21_600_000);

test("no key has signed two blocks at one height", async () => {
  const signatures = await pods.signatures();

  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
