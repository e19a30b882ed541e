import { fileURLToPath } from "node:url";
import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { until } from "@playbook/world";
import { type Point, runKilled } from "../../helm-rollout-axon/test/killed/victim.ts";
import { common, type Fleet, NAMESPACE, openFleet } from "./fleet.ts";

const program = fileURLToPath(new URL("./process.ts", import.meta.url));

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet({ relayers: 2 });
  await fleet.fund();
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

/** Relayers alone: what is killed is the run, and they come up sooner. */
const relayers = () => ({ relayers: fleet.list.relayers });

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

const POINTS: Point[] = [
  { request: 1, phase: "after" },
  { request: 2, phase: "after" },
  { request: 6, phase: "before" },
  { request: 9, phase: "after" },
  { request: 14, phase: "after" },
];

test.each(POINTS.map((point, at) => ({ ...point, at })))(
  "a run that is killed $phase its write $request is gone on with by the next",
  async ({ request, phase, at }) => {
    const { aws } = fleet;
    const tag = at % 2 === 0 ? "v1" : "v2";
    const inputs = await fleet.inputs({ set: common(tag) }, relayers());
    const env = { AWS_ENDPOINT_URL: aws.url, ...aws.environment(aws.admin) };

    const end = await runKilled(fleet.cluster, inputs, { request, phase }, { program, env });
    expect(end).toMatchObject({ killed: true });
    const agentTimeout = 3_600_000;
    const changes = { set: common(tag), agentTimeout };
    const report = await fleet.run(changes, relayers(), hasty());

    expect(report.failure).toBeUndefined();
    expect(report.outputs).toMatchObject({ outcome: "done" });
    await until(async () => (await images()).join() === `${tag},${tag}`);
    const again = await fleet.run(changes, relayers());
    expect(again.outputs).toMatchObject({ outcome: "done", moved: [] });
  },
  180_000,
);

test("of two runs at once one works, and the other says so", async () => {
  const match = { verb: "patch", resource: "statefulsets" };
  const held = fleet.cluster.gate.fault({ do: "hold", match });
  const one = fleet.run({ set: common("v2"), run: "the first" }, relayers());
  await until(() => Promise.resolve(held.hits > 0));

  const other = fleet.run({ set: common("v2"), run: "the second" }, relayers());

  await expect(other).rejects.toMatchObject({ code: "rollout-under-way" });
  held.release();
  expect((await one).outputs).toMatchObject({ outcome: "done" });
}, 180_000);

test("a relayer that stands by has no pod, and is woken before the other goes to sleep", async () => {
  const { main } = fleet.list.relayers;
  const [a, b] = main?.instances ?? [];
  const listed = (aRests: boolean, bRests: boolean) => {
    const instances = [
      { ...a, standby: aRests },
      { ...b, standby: bRests },
    ];
    return { relayers: { main: { ...main, instances } } };
  };
  const names = async () => {
    const all = await fleet.cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
    return all.map(({ metadata }) => metadata.name).join();
  };

  const rested = await fleet.run({ set: common("v2") }, listed(false, true));
  expect(rested.outputs).toMatchObject({ outcome: "done", moved: ["relayer-main-b"] });
  await until(async () => (await names()) === "relayer-main-a-0");

  const turned = await fleet.run({ set: common("v2") }, listed(true, false));
  const moved = ["relayer-main-b", "relayer-main-a"];
  expect(turned.outputs).toMatchObject({ outcome: "done", moved });
  expect(turned.summary).toContain("stands by");
  await until(async () => (await names()) === "relayer-main-b-0");
}, 180_000);
