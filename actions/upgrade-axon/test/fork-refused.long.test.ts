import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { endChains } from "../../helm-rollout-axon/test/axon-chain.ts";
import { askNode, forkless } from "./place.ts";

const EL = "v0.3.1-el";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { "v0.3.1": {}, [EL]: { flavour: "el-axon" } } });
}, 1_200_000);
afterEach(() => endChains(cluster));
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const fork = { upgrade: "fork" } as const;
const other = { image: { tag: EL } };

test("a build that cannot fork is found out before anything is touched", async () => {
  const chain = await forkless(cluster, "el", { values: other });
  await chain.roll({});

  await expect(chain.upgrade(fork)).rejects.toMatchObject({
    code: "fork-impossible",
    what: expect.stringContaining("0.3.1-beta"),
  });
  expect(await askNode(pods, "el/axon-v0-0", "axon_getHardforkInfo")).toEqual({});
}, 200_000);

test("what is not there, or changes its image at once, is not forked", async () => {
  const chain = await forkless(cluster, "nothing");

  await expect(chain.upgrade(fork)).rejects.toMatchObject({ code: "no-chain" });
  await chain.roll({});
  await expect(chain.upgrade(fork, undefined, other)).rejects.toMatchObject({
    code: "fork-with-image",
    why: expect.stringContaining("called off"),
  });
}, 200_000);
