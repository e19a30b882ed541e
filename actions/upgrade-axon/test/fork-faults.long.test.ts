import { type Cluster, type Pods, startCluster, startPods, until } from "@playbook/world";
import { after } from "../../helm-rollout-axon/test/after.ts";
import { endChains } from "../../helm-rollout-axon/test/axon-chain.ts";
import { askNode, type Forkless, forkHeights, forkless, hurried } from "./place.ts";

const OLD = "v0.3.1";
/** The same build, which takes long to start when a test wants it to. */
const SLOW = "v0.3.1-slow";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [OLD]: {}, [SLOW]: {} } });
}, 1_200_000);
afterEach(() => endChains(cluster));
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

async function created(namespace: string, tag = OLD): Promise<Forkless> {
  const chain = await forkless(cluster, namespace, { values: { image: { tag } } });
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
  return chain;
}

const ask = (namespace: string, method: string) => askNode(pods, `${namespace}/axon-v0-0`, method);

const height = async (namespace: string) => Number(await ask(namespace, "eth_blockNumber"));

/** Lets the first validator start once nobody is to be prepared any more. */
async function tooLate(namespace: string, said: readonly string[]): Promise<void> {
  const latest = Number(/nobody is prepared after block (\d+)/.exec(said.join("\n"))?.[1]);
  const head = async () =>
    Number(await askNode(pods, `${namespace}/axon-v4-0`, "eth_blockNumber").catch(() => 0));
  await until(async () => (await head()) > latest, { withinMs: 600_000 });
  pods.tag(SLOW, {});
  await cluster.api.delete(`/api/v1/namespaces/${namespace}/pods/axon-v0-0`);
}

test("one for which too few are prepared in time is called off, and the chain goes on", async () => {
  const chain = await created("late", SLOW);

  // The first that is let go does not start before it is too late for all the others.
  pods.tag(SLOW, { startDelayMs: 3_600_000 });
  const context = after(1, async () => {
    await pods.hurry("late");
    await tooLate("late", context.said);
  });
  const { report } = await chain.upgrade(
    { upgrade: "fork", prepareTime: 60_000, validatorTimeout: 900_000 },
    context,
  );

  expect(report.outputs).toMatchObject({ outcome: "taken-back", "fork-height": "" });
  expect(report.failure).toMatchObject({ why: expect.stringContaining("The fork is off") });
  expect(report.summary).toContain("The fork is off");
  const before = await height("late");
  const later = await chain.roll({});
  expect(later.report.outputs).toMatchObject({ outcome: "done" });
  expect(await height("late")).toBeGreaterThan(before);
  expect(await ask("late", "axon_getHardforkInfo")).not.toMatchObject({ Andromeda: "enabled" });
}, 900_000);

test("one for which too few are prepared in time is moved to a later block, which all follow", async () => {
  pods.tag(SLOW, {});
  const chain = await created("moved", SLOW);

  pods.tag(SLOW, { startDelayMs: 3_600_000 });
  const context = after(1, () => tooLate("moved", context.said));
  const { report, warnings } = await chain.upgrade(
    { upgrade: "fork", whenLate: "move", prepareTime: 60_000, validatorTimeout: 900_000 },
    hurried(pods, "moved", context),
  );

  expect(report.failure).toBeUndefined();
  const [first, second, ...more] = forkHeights(context.said).map(Number);
  expect(more).toEqual([]);
  expect(second).toBeGreaterThan(first ?? Infinity);
  expect(warnings.join()).toContain("The fork is moved.");
  expect(report.outputs).toMatchObject({ outcome: "done", "fork-height": second });
  for (const at of [0, 1, 2, 3, 4]) {
    const pod = `moved/axon-v${at}-0`;
    expect(await askNode(pods, pod, "axon_getHardforkInfo")).toEqual({ Andromeda: "enabled" });
  }
}, 900_000);

test("no key has signed two blocks at one height", async () => {
  const signatures = await pods.signatures();

  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
