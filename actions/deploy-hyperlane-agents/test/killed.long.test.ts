import { fileURLToPath } from "node:url";
import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { until } from "@playbook/world";
import { whole } from "../../../test/proof.ts";
import { sweep, type Tried } from "../../../test/sweep.ts";
import { pointsOf } from "../../helm-rollout-axon/test/killed/points.ts";
import { type Point, runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { common, type Fleet, NAMESPACE, openFleet } from "./fleet.ts";

const program = fileURLToPath(new URL("./process.ts", import.meta.url));

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet({ relayers: 2 });
  await fleet.fund();
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const relayers = () => ({ relayers: fleet.list.relayers });

/** In `npm test` relayers alone: what is killed is the run, and they come up sooner. */
const listed = () => (whole ? fleet.list : relayers());

/** How many of the points `npm test` takes. */
const SAMPLES = 5;

let tag = "v2";

/** Another build each time: every agent is replaced. */
function next(): string {
  tag = tag === "v1" ? "v2" : "v1";
  return tag;
}

/** Who waits for a run that is dead need not wait long here. */
function hasty() {
  const SPEED = 20;
  let skipped = 0;
  const now = () => Date.now() + skipped;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    await realClock.sleep(ms / SPEED, signal);
    skipped += ms - ms / SPEED;
  };
  return contextForTests({ clock: { now, sleep } });
}

async function images(): Promise<string[]> {
  const all = await fleet.cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return all.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

/** A run in a process of its own, which is killed there if it is told where. */
async function killed(point?: Point) {
  const { aws, cluster } = fleet;
  const env = { AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) };
  const inputs = await fleet.inputs({ set: common(next()) }, listed());
  return runKilled(cluster, inputs, point, { program, env });
}

/** One run that is killed there, and one more; what is wrong after it. */
async function tryAt(point: Point): Promise<Tried> {
  const end = await killed(point);
  const changes = { set: common(tag), agentTimeout: 3_600_000 };
  const { outputs, failure } = await fleet.run(changes, listed(), hasty());
  const again = await fleet.run(changes, listed(), hasty());
  const others = (await images()).filter((one) => one !== tag);
  const where = `killed ${point.phase} request ${point.request}`;
  const faults = [
    ...(outputs.outcome === "done" ? [] : [`it is ${outputs.outcome}: ${failure?.why}`]),
    ...(String(again.outputs.moved) === "" ? [] : [`a third run moves ${again.outputs.moved}`]),
    ...others.map((one) => `a pod of ${one} is left`),
  ];
  return { killed: end.killed, faults: faults.map((fault) => `${where}: ${fault}`) };
}

test("a rollout that is killed at any change is finished by the next run", async () => {
  await killed();
  // Those who sign are seen well by what they have signed.
  if (whole) await fleet.send("signed by all before it begins");
  const undisturbed = await killed();
  expect(undisturbed.output).toContain('"outcome":"done"');
  const points = pointsOf(undisturbed.requests, SAMPLES);

  const tried = await sweep(
    "a rollout of Hyperlane's agents",
    { points, of: 2 * undisturbed.requests },
    tryAt,
  );
  expect(tried).toBeGreaterThan(0);
}, 7_200_000);

test("of two runs at once one works, and the other says so", async () => {
  const set = common(next());
  const match = { verb: "patch", resource: "statefulsets" };
  const held = fleet.cluster.gate.fault({ do: "hold", match });
  const one = fleet.run({ set, run: "the first" }, listed());
  await until(() => Promise.resolve(held.hits > 0));

  const other = fleet.run({ set, run: "the second" }, listed());

  await expect(other).rejects.toMatchObject({ code: "rollout-under-way" });
  held.release();
  expect((await one).outputs).toMatchObject({ outcome: "done" });
}, 180_000);

test("a relayer that stands by has no pod, and is woken before the other goes to sleep", async () => {
  const { main } = fleet.list.relayers;
  const [a, b] = main?.instances ?? [];
  const resting = (aRests: boolean, bRests: boolean) => {
    const instances = [
      { ...a, standby: aRests },
      { ...b, standby: bRests },
    ];
    return { ...listed(), relayers: { main: { ...main, instances } } };
  };
  const set = common(tag);
  const names = async () => {
    const all = await fleet.cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
    const relaying = all.filter(({ metadata }) => metadata.name.startsWith("relayer-"));
    return relaying.map(({ metadata }) => metadata.name).join();
  };

  const rested = await fleet.run({ set }, resting(false, true));
  expect(rested.outputs).toMatchObject({ outcome: "done", moved: ["relayer-main-b"] });
  await until(async () => (await names()) === "relayer-main-a-0");

  const turned = await fleet.run({ set }, resting(true, false));
  const moved = ["relayer-main-b", "relayer-main-a"];
  expect(turned.outputs).toMatchObject({ outcome: "done", moved });
  expect(turned.summary).toContain("stands by");
  await until(async () => (await names()) === "relayer-main-b-0");
}, 180_000);
