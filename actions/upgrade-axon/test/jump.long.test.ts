import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { contextForTests } from "@playbook/action/testing";
import {
  type Cluster,
  type KubeObject,
  type Pods,
  startCluster,
  startPods,
  until,
} from "@playbook/world";
import { sweep, type Tried } from "../../../test/sweep.ts";
import { endChains } from "../../helm-rollout-axon/test/axon-chain.ts";
import { impatient, knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { pointsOf } from "../../helm-rollout-axon/test/killed/points.ts";
import { type Point, runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { type Forkless, forkless } from "./place.ts";

const OLD = "v0.3.1";
const NEW = "v0.4.0";
const LATE = "v0.4.0-late";
const program = fileURLToPath(new URL("./process.ts", import.meta.url));

/** How many of the points `npm test` takes. */
const SAMPLES = 2;

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, {
    tags: {
      [OLD]: {},
      // Each takes the data along, and the one before it cannot read them any more.
      [NEW]: { dataVersion: 2 },
      // Its pods are there for long before they are heard: one can be cut off before it ever votes.
      [LATE]: { dataVersion: 2, startDelayMs: 10_000 },
      "v0.4.0-silent": { dataVersion: 2, neverReady: true },
      "v0.4.0-refusing": { dataVersion: 2, refusesFrom: 1 },
      "v0.4.0-crashing": { dataVersion: 2, crashAfterMs: 1 },
    },
  });
}, 1_200_000);
afterEach(() => endChains(cluster));
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** Keys of chains that went back: what their validators had signed since is forgotten with it. */
const undone = new Set<string>();

/** A chain of five; one that goes back has a sixth node, which follows it. */
async function created(namespace: string, goesBack = false): Promise<Forkless> {
  const resources = { requests: { cpu: "100m", memory: "128Mi" } };
  const syncNode = { enabled: goesBack, resources };
  const values = { syncNode, chain: { consensus: { interval: 300 } } };
  const chain = await forkless(cluster, namespace, { values });
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
  if (goesBack) for (const { blsPublicKey } of chain.validators) undone.add(blsPublicKey);
  return chain;
}

async function tagsIn(namespace: string): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

const setsIn = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
const podIn = (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`;

const isReady = ({ status }: KubeObject) =>
  status?.containerStatuses?.every(({ ready }: { ready: boolean }) => ready) === true;

const five = (tag: string) => Array(5).fill(tag);
const to = (tag: string) => ({ image: { tag } });
/** What is to fail is given up soon, and what is to come about may take its time. */
const doomed = { upgrade: "jump", firstBlock: 25_000 } as const;
const jump = { ...doomed, firstBlock: 240_000 } as const;

test("all are stopped, snapshotted and started with the new version; the outage is told", async () => {
  const chain = await created("jump");

  const { report } = await chain.upgrade(jump, undefined, to(NEW));

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "done", version: NEW });
  expect(report.outputs.outage).toBeGreaterThan(0);
  expect(report.summary).toContain("stood still for");
  expect(await tagsIn("jump")).toEqual(five(NEW));
  const kept = await cluster.api.list(
    "/apis/snapshot.storage.k8s.io/v1/namespaces/jump/volumesnapshots",
  );
  expect(kept).toHaveLength(5);
  const again = await chain.upgrade(jump, undefined, to(NEW));
  expect(again.report.outputs).toMatchObject({ outcome: "done" });
  expect(again.report.summary).toContain(`Nothing had to be stopped: ${NEW} ran already.`);
}, 300_000);

test.each(["silent", "crashing"])(
  "with a version that is %s all of it is undone, the data too",
  async (kind) => {
    const chain = await created(kind, true);

    const { report } = await chain.upgrade(doomed, undefined, to(`v0.4.0-${kind}`));

    expect(report.outputs).toMatchObject({ outcome: "taken-back" });
    expect(report.failure).toMatchObject({ code: "rollout-taken-back" });
    expect(await tagsIn(kind)).toEqual([...five(OLD), OLD]);
    // The new version had its data as well: with them the old one would not come up.
    await until(async () => isReady(await cluster.api.get(podIn(kind, "axon-sync-0"))));
  },
  400_000,
);

/** A context in which the time passes at once while all are stopped, until the run turns back. */
function hastyWhileStopped() {
  const { clock, hurry, calm } = impatient();
  const context = contextForTests({ clock });
  const progress = (line: string) => {
    context.said.push(line);
    if (line === "All nodes are stopped.") hurry();
  };
  const warn = (line: string) => {
    context.warnings.push(line);
    calm();
  };
  return Object.assign(context, { progress, warn });
}

test("where no snapshot can be taken all run again as they did, and the next run jumps", async () => {
  const chain = await created("unkept");

  const missing = { ...jump, snapshotClass: "none-such" };
  const { report } = await chain.upgrade(missing, hastyWhileStopped(), to(NEW));

  expect(report.outputs).toMatchObject({ outcome: "taken-back" });
  expect(report.failure).toMatchObject({
    code: "rollout-taken-back",
    why: expect.stringContaining("snapshot class none-such"),
  });
  expect(await tagsIn("unkept")).toEqual(five(OLD));
  const right = { ...jump, snapshotClass: "ebs-retain" };
  const again = await chain.upgrade(right, undefined, to(NEW));
  expect(again.report.outputs).toMatchObject({ outcome: "done" });
  expect(await tagsIn("unkept")).toEqual(five(NEW));
}, 600_000);

test("one that ends on its way back, when no set is there, is undone by the next run", async () => {
  const chain = await created("between", true);
  const controller = new AbortController();
  let gone = 0;
  const end = cluster.gate.onRequest(async (phase, { verb, resource, namespace }) => {
    if (namespace !== "between" || verb !== "delete" || resource !== "statefulsets") return;
    if (phase === "after") gone += 1;
    if (gone === 5) controller.abort(new Error("cancelled"));
  });
  const crashing = to("v0.4.0-crashing");
  const context = contextForTests({ signal: controller.signal });
  await expect(chain.upgrade(doomed, context, crashing)).rejects.toThrow();
  end();
  await until(async () => (await cluster.api.list(setsIn("between"))).length === 1);

  const { report } = await chain.upgrade(doomed, knowing(), crashing);

  expect(report.outputs).toMatchObject({ outcome: "taken-back" });
  expect(await tagsIn("between")).toEqual([...five(OLD), OLD]);
}, 400_000);

test("once the new version has made a block nothing is undone: one that fails is held", async () => {
  const chain = await created("alone");
  const others = [0, 1, 2, 3].map((at) => `alone/axon-v${at}-0`);
  const all = async (change: "cut" | "mend") => {
    for (const other of others) await pods[change]("alone/axon-v4-0", other);
  };
  let ended = false;
  const cutFromStart = async () => {
    // A pod that is not there yet cannot be cut off, and one that replaces it is another.
    for (; !ended; await setTimeout(20)) await all("cut").catch(() => undefined);
  };
  let cut: Promise<void> | undefined;
  const progress = (line: string) => {
    if (line.includes("all validators are started")) cut ??= cutFromStart();
  };

  const { report } = await chain.upgrade(doomed, contextForTests({ progress }), to(LATE));

  expect(report.outputs).toMatchObject({ outcome: "held" });
  expect(report.failure).toMatchObject({ why: expect.stringContaining("axon-v4-0") });
  expect(await tagsIn("alone")).toEqual(five(LATE));
  ended = true;
  await cut;
  await all("mend");
  const again = await chain.upgrade(jump, undefined, to(LATE));
  expect(again.report.outputs).toMatchObject({ outcome: "done" });
}, 300_000);

test("blocks that were made are lost by a person's word alone", async () => {
  const chain = await created("lost", true);
  const refusing = to("v0.4.0-refusing");

  // What was about to be committed as all were stopped is, before they refuse each other's blocks.
  let { report } = await chain.upgrade(doomed, undefined, refusing);
  if (report.outputs.outcome === "held") {
    const acceptLoss = Number(/accept-loss: (\d+)/.exec(report.failure?.next ?? "")?.[1]);
    ({ report } = await chain.upgrade({ ...doomed, acceptLoss }, undefined, refusing));
  }

  expect(report.outputs).toMatchObject({ outcome: "taken-back" });
  expect(report.summary).toContain(`## Taken back: v0.4.0-refusing → ${OLD}\n`);
  expect(await tagsIn("lost")).toEqual([...five(OLD), OLD]);
}, 600_000);

test("another chart cannot jump", async () => {
  const chain = await created("other");

  await expect(chain.upgrade({ ...jump, chart: "deploy/ours" })).rejects.toMatchObject({
    code: "jump-other-chart",
  });
}, 200_000);

/** One run that is killed there, and one more; what is wrong after it. */
async function jumpAt(chain: Forkless, tag: string, point: Point, end: End): Promise<Tried> {
  const inputs = await chain.upgradeInputs(to(tag), jump);
  const { killed } = await runKilled(cluster, inputs, point, { program });
  const { report } = await chain.upgrade(jump, knowing(), to(tag));
  const tags = await tagsIn(chain.namespace);
  const isAsItShould =
    report.outputs.outcome === end.outcome && tags.join() === end.tags(tag).join();
  const why = `${report.outputs.outcome}, ${report.failure?.why ?? tags.join()}`;
  return { killed, faults: isAsItShould ? [] : [`${point.phase} ${point.request}: ${why}`] };
}

type End = {
  outcome: string;
  tags: (tag: string) => string[];
};

const ENDS: [string, string, Record<string, unknown>, End][] = [
  ["a jump of five validators", "killed", {}, { outcome: "done", tags: five }],
  [
    "a jump of five validators that turns back",
    "killed-back",
    { crashAfterMs: 1 },
    { outcome: "taken-back", tags: () => [...five(OLD), OLD] },
  ],
];

test.each(ENDS)(
  "%s that is killed at any write is finished by the next run",
  async (name, namespace, behaviour, end) => {
    const chain = await created(namespace, end.outcome === "taken-back");
    let version = 2;
    const next = () => {
      version += 1;
      pods.tag(`v0.${version}.0`, { ...behaviour, dataVersion: version });
      return `v0.${version}.0`;
    };
    const inputs = await chain.upgradeInputs(to(next()), jump);
    const undisturbed = await runKilled(cluster, inputs, undefined, { program });
    expect(undisturbed.output).toContain(`"outcome":"${end.outcome}"`);
    const points = pointsOf(undisturbed.requests, SAMPLES);
    const of = 2 * undisturbed.requests;

    await sweep(name, { points, of }, (point) => jumpAt(chain, next(), point, end));
  },
  21_600_000,
);

test("no key was in two places, or has signed twice where nothing was undone", async () => {
  const signatures = await pods.signatures();

  expect(signatures.usedTwice()).toEqual([]);
  const twice = signatures.equivocations().filter(({ key }) => !undone.has(key));
  expect(twice).toEqual([]);
});
