import { fileURLToPath } from "node:url";
import { FENCED } from "@playbook/rollout";
import { until } from "@playbook/world";
import { whole } from "../../../test/proof.ts";
import { sweep } from "../../../test/sweep.ts";
import {
  back,
  chainWithSync,
  grow,
  left,
  openStand,
  type Stand,
} from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { pointsOf } from "../../helm-rollout-axon/test/killed/points.ts";
import { changes, type Point, runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const program = fileURLToPath(new URL("./process.ts", import.meta.url));

/** How many of the points `npm test` takes. */
const SAMPLES = 2;

let stand: Stand;
let chain: AxonChain;
let height: number;

/** Where the chain is: each restore takes it from where the one before has brought it. */
let live = "origin";
let turn = 0;

beforeAll(async () => {
  stand = await openStand();
  chain = await chainWithSync(stand, live);
  await back(stand, live);
  await grow(stand, live, 4);
  height = Number((await back(stand, live)).outputs.height);
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

const setsIn = (namespace: string) =>
  stand.cluster.api.list(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);

/** The names of validators that have, or may have, a pod. */
async function running(namespace: string): Promise<string[]> {
  const sets = await setsIn(namespace);
  const own = sets.filter(({ metadata }) => !metadata.name.endsWith("-sync"));
  return own.filter(({ spec }) => spec.replicas > 0).map(({ metadata }) => metadata.name);
}

/** Keys that were in two places since so many lines were written. */
async function usedTwiceSince(count: number): Promise<string[]> {
  const lines = (await stand.pods.signatures()).lines.slice(count);
  return lines.filter(({ event }) => event === "twice").map(({ key }) => key);
}

/**
 * Has one of two chains go on, and the other's nodes gone: a point at which something was wrong is
 * none of the next one's.
 */
async function goOn(one: string, other: string): Promise<void> {
  const { api } = stand.cluster;
  const patched = async (namespace: string, change: object) => {
    for (const { metadata } of await setsIn(namespace)) {
      const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/${metadata.name}`;
      await api.patch(path, change);
    }
  };
  await patched(other, { spec: { replicas: 0 } });
  await until(async () => (await nodesIn(other)).length === 0);
  await patched(one, { metadata: { annotations: { [FENCED]: null } }, spec: { replicas: 1 } });
  await grow(stand, one, 1);
}

async function nodesIn(namespace: string): Promise<string[]> {
  const pods = await stand.cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  const nodes = pods.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"]);
  return nodes.map(({ metadata }) => metadata.name);
}

/**
 * Restores into a new namespace: once to be killed there, and once more; what is wrong after it.
 */
async function restoredAt(point?: Point) {
  turn += 1;
  const from = live;
  const to = await placeFor(stand.cluster, stand.cluster, chain, `restored-${turn}`);
  try {
    return await restoredInto(to, from, point);
  } finally {
    await goOn(live, live === to ? from : to);
  }
}

async function restoredInto(to: string, from: string, point?: Point) {
  const { length: before } = (await stand.pods.signatures()).lines;
  const inputs = await inputsFor(stand, stand.cluster, chain, to, {
    ...{ oldNamespace: from, relayers: "none", acceptLoss: height },
  });
  const env = stand.aws.environment(stand.aws.admin);
  const { killed, requests, output } = await runKilled(stand.cluster, inputs, point, {
    ...{ program, env },
  });
  const { outputs } = await restore(inputs, knowing());
  live = to;
  const faults = [
    ...(Number(outputs.height) > height ? [] : [`it is at ${outputs.height}`]),
    ...(await running(from)).map((name) => `${name} of the old chain may run`),
    ...((await running(to)).length === chain.validators.length ? [] : ["not all are started"]),
    ...(await left(stand.cluster, to))
      .filter((name) => name.endsWith("-restore"))
      .map((name) => `${name} is left`),
    ...(await usedTwiceSince(before)).map((key) => `twice: ${key}`),
  ];
  const where = point ? `killed ${point.phase} request ${point.request}` : "undisturbed";
  return { killed, requests, output, faults: faults.map((fault) => `${where}: ${fault}`) };
}

const SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1";
const DRILLS = "drills";

/** Where the first request of this kind comes that the victim has sent. */
function pointOf(verb: string, resource: string, phase: Point["phase"]): Point {
  const sent = stand.cluster.gate.requests().filter(changes);
  const at = sent.findIndex((it) => it.verb === verb && it.resource === resource);
  expect(at).toBeGreaterThanOrEqual(0);
  return { request: at + 1, phase };
}

/**
 * Before it is written down that the last validator has caught up: it has to do so once more. What
 * is written on a claim after that is the sync node's, which is renewed.
 */
function lastCaughtUp(count: number): Point {
  const sent = stand.cluster.gate.requests().filter(changes).slice(0, count);
  const marks = sent.flatMap(({ verb, resource }, at) =>
    verb === "patch" && resource === "persistentvolumeclaims" ? [at + 1] : [],
  );
  return { request: marks.at(-2) ?? 0, phase: "before" };
}

/** What is there of drills, but for what the account has of the backup. */
async function leftOfDrills(): Promise<string[]> {
  const { api } = stand.cluster;
  const snapshots = await api.list(`${SNAPSHOTS}/namespaces/${DRILLS}/volumesnapshots`);
  const contents = await api.list(`${SNAPSHOTS}/volumesnapshotcontents`);
  const own = contents.filter(({ metadata }) => metadata.name.startsWith(`${DRILLS}-`));
  const names = [...snapshots, ...own].map(({ metadata }) => metadata.name);
  return [...names, ...(await left(stand.cluster, DRILLS))];
}

test("a drill from a snapshot that is killed leaves nothing behind once the next one has run, and the backup's snapshot stays", async () => {
  await placeFor(stand.cluster, stand.cluster, chain, DRILLS, { keys: false });
  const drill = await inputsFor(stand, stand.cluster, chain, DRILLS, {
    ...{ mode: "drill", from: "snapshot", storageClass: "gp3", oldNamespace: live },
  });
  const env = stand.aws.environment(stand.aws.admin);
  const cut = (point?: Point) => runKilled(stand.cluster, drill, point, { program, env });

  stand.cluster.gate.forget();
  expect((await cut()).output).toContain('"result":"passed"');
  expect(await leftOfDrills()).toEqual([]);
  const contents = "volumesnapshotcontents";
  const points = [pointOf("create", contents, "after"), pointOf("delete", contents, "after")];
  for (const point of points) {
    expect(await cut(point)).toMatchObject({ killed: true });
    expect(await leftOfDrills()).not.toEqual([]);
  }

  const { outputs, failure } = await restore(drill, knowing());

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ result: "passed" });
  expect(await leftOfDrills()).toEqual([]);
}, 400_000);

test("a restore that is killed at any change is finished by the next run, and no key is in two places", async () => {
  stand.cluster.gate.forget();
  const undisturbed = await restoredAt();
  expect(undisturbed.output).toContain('"height":');
  expect(undisturbed.faults).toEqual([]);
  // A volume is filled, and what has filled it is still there.
  const filled = pointOf("delete", "jobs", "before");
  const sampled = pointsOf(undisturbed.requests, SAMPLES);
  const points = whole ? sampled : [filled, lastCaughtUp(undisturbed.requests), ...sampled];
  const of = 2 * undisturbed.requests;

  const tried = await sweep("a chain of five restored from the bucket", { points, of }, restoredAt);

  expect(tried).toBeGreaterThanOrEqual(SAMPLES);
}, 21_600_000);
