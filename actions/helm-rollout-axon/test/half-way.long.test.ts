import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { endChains } from "./axon-chain.ts";
import { oneSetChain } from "./one-set-chain.ts";

const [OLD, BAD, MENDED] = ["v0.3.1", "v0.3.4", "v0.3.5"];

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { [OLD]: {}, [MENDED]: {} } });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});
afterEach(() => endChains(cluster));

/** Five validators of one set: with one that does not vote, none can be replaced. */
async function created(namespace: string) {
  for (const tag of [OLD, BAD]) pods.tag(tag, {});
  const chain = await oneSetChain(cluster, namespace, 5);
  await chain.roll(OLD);
  return chain;
}

async function tagsIn(namespace: string): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  return found
    .map(({ metadata, spec }) => [metadata.name, spec.containers[0].image.split(":")[1]].join("="))
    .sort();
}

/** Does something once the pods' versions are so. */
function once(namespace: string, isSo: (tags: string[]) => boolean, happens: () => unknown) {
  const timer = setInterval(async () => {
    if (!isSo(await tagsIn(namespace).catch(() => []))) return;
    clearInterval(timer);
    happens();
  }, 50);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

const changed = (count: number) => (tags: string[]) =>
  tags.filter((one) => one.endsWith(BAD)).length >= count;

/** The first validator starts anew, and votes from now on, or does not. */
async function remake(namespace: string, behaviour: object) {
  pods.tag(OLD, behaviour);
  await cluster.api.delete(`/api/v1/namespaces/${namespace}/pods/chain-0`);
}

const all = (tag: string) => [0, 1, 2, 3, 4].map((at) => `chain-${at}=${tag}`);

test("a rollout that is paused goes on, and back to where it began should it fail then", async () => {
  const chain = await created("paused");
  {
    using _ = once("paused", changed(2), () => remake("paused", { silent: true }));
    const { report } = await chain.roll(BAD, { patience: 10_000 });
    expect(report.failure).toMatchObject({
      code: "rollout-paused",
      what: "Paused, with nothing wrong in what was changed.",
    });
  }
  await remake("paused", {});
  using _ = once("paused", changed(3), () => pods.tag(BAD, { crashAfterMs: 100 }));

  const { report } = await chain.roll(BAD);

  expect(report.outputs).toMatchObject({ outcome: "taken-back" });
  expect(report.summary).toContain(`## Taken back: ${BAD} → ${OLD}`);
  expect(await tagsIn("paused")).toEqual(all(OLD));
}, 600_000);

describe("a rollout that is stuck", () => {
  const stuckIn = async (namespace: string) => {
    const chain = await created(namespace);
    using _ = once(namespace, changed(3), () => {
      for (const tag of [OLD, BAD]) pods.tag(tag, { crashAfterMs: 100 });
    });
    const { report } = await chain.roll(BAD);
    expect(report.failure).toMatchObject({
      code: "rollout-stuck",
      next: expect.stringContaining("it goes on going back"),
    });
    pods.tag(OLD, {});
    return chain;
  };

  test("goes on going back once a person has mended what failed", async () => {
    const chain = await stuckIn("stuck");
    const planned = await chain.roll(BAD, { mode: "plan" });
    expect(planned.report.summary).toContain("this goes on going back to revision 1");

    const { report } = await chain.roll(BAD);

    expect(report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { why: "An earlier run has turned back: its log says why." },
    });
    expect(report.summary).toContain(`## Taken back: ${BAD} → ${OLD}`);
    expect(await tagsIn("stuck")).toEqual(all(OLD));
  }, 600_000);

  test("goes forward with another version, and back to the one from before", async () => {
    const chain = await stuckIn("other");
    pods.tag(MENDED, {});
    using _ = once(
      "other",
      (tags) => tags.filter((one) => one.endsWith(MENDED)).length >= 2,
      () => pods.tag(MENDED, { crashAfterMs: 100 }),
    );

    const { report } = await chain.roll(MENDED);

    expect(report.outputs).toMatchObject({ outcome: "taken-back" });
    expect(report.summary).toContain(`## Taken back: ${MENDED} → ${OLD}`);
    expect(await tagsIn("other")).toEqual(all(OLD));
    pods.tag(MENDED, {});
    expect((await chain.roll(MENDED)).report.outputs).toMatchObject({ outcome: "done" });
  }, 600_000);
});
