import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type Pods, startCluster, startPods, until } from "@playbook/world";
import { parse, stringify } from "yaml";
import {
  ask,
  back,
  chainWithSync,
  grow,
  openStand,
  type Stand,
  trust,
} from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const OLD = "old";
const QUICK = "quick";
const MIXED = "mixed";
const FAR = "far";

/** The other build: the tests beside this one have axonweb3's. */
const tags = { "v0.3.1": { flavour: "el-axon" as const } };

let stand: Stand;
let second: Cluster;
let pods: Pods;
let chain: AxonChain;
let base: string;
let height: number;
let blockHash: unknown;

beforeAll(async () => {
  stand = await openStand({ tags });
  second = await startCluster();
  pods = await startPods(second, { tags });
  await trust(stand.aws, second);
  chain = await chainWithSync(stand, OLD);
  base = String((await back(stand, OLD)).outputs.backup);
  await grow(stand, OLD, 4);
  const { outputs } = await back(stand, OLD, { keepSnapshots: 2 });
  height = Number(outputs.height);
  blockHash = outputs["block-hash"];
  await placeFor(stand.cluster, stand.cluster, chain, QUICK);
  await placeFor(stand.cluster, stand.cluster, chain, MIXED);
  await placeFor(stand.cluster, second, chain, FAR);
}, 1_200_000);

afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await second?.[Symbol.asyncDispose]();
  await stand?.[Symbol.asyncDispose]();
});

const ADA = { name: "ada", groups: ["system:masters"] };

const LOSS = { relayers: "none" };

async function blockAt(where: Pick<Stand, "pods">, pod: string): Promise<unknown> {
  const block = await ask(where, pod, "eth_getBlockByNumber", `0x${height.toString(16)}`, false);
  return (block as { hash: unknown }).hash;
}

test("in the same account a snapshot is restored, without what its node signed last", async () => {
  const inputs = await inputsFor(stand, stand.cluster, chain, QUICK, {
    ...LOSS,
    from: "snapshot",
    acceptLoss: height,
  });

  const { outputs } = await restore(inputs);

  expect(outputs.height).toBeGreaterThan(height);
  expect(await blockAt(stand, `${QUICK}/axon-v3-0`)).toBe(blockHash);
  expect((await stand.pods.signatures()).usedTwice()).toEqual([]);
}, 400_000);

test("what validators begin with is taken from the bucket where its snapshot is no more", async () => {
  const snapshots = `/apis/snapshot.storage.k8s.io/v1/namespaces/${OLD}/volumesnapshots`;
  const all = await stand.cluster.api.list(snapshots);
  const own = all.filter(({ metadata }) => metadata.name.includes(base));
  expect(own).toHaveLength(1);
  for (const { metadata } of own) await stand.cluster.api.delete(`${snapshots}/${metadata.name}`);
  const inputs = await inputsFor(stand, stand.cluster, chain, MIXED, {
    ...LOSS,
    ...{ from: "snapshot", oldNamespace: QUICK, acceptLoss: height },
  });

  const { outputs, warnings } = await restore(inputs);

  expect(outputs).toMatchObject({ base });
  expect(outputs.height).toBeGreaterThan(height);
  expect(warnings.join()).toContain(`${base} is taken from the bucket`);
  expect(await blockAt(stand, `${MIXED}/axon-v2-0`)).toBe(blockHash);
  expect((await stand.pods.signatures()).usedTwice()).toEqual([]);
}, 400_000);

test("the old chain is looked for in another cluster, by a kubeconfig and a context of it", async () => {
  const named = parse(await readFile(await stand.cluster.kubeconfig(ADA), "utf8"));
  const [context] = named.contexts;
  const folder = await mkdtemp(join(tmpdir(), "old-kubeconfig-"));
  const oldKubeconfig = join(folder, "config");
  const contexts = [{ ...context, name: "the-old-one" }];
  await writeFile(
    oldKubeconfig,
    stringify({ ...named, contexts, "current-context": "gone-long-ago" }),
  );

  const { outputs, summary } = await restore(
    await inputsFor(stand, second, chain, FAR, {
      ...{ mode: "plan", oldKubeconfig, oldKubeContext: "the-old-one" },
      ...{ oldNamespace: MIXED, oldRelease: "axon" },
    }),
  ).finally(() => rm(folder, { recursive: true }));

  expect(outputs["lost-blocks"]).toBeGreaterThan(0);
  for (const { name } of chain.validators) expect(summary).toContain(`axon-${name}`);
  expect(summary).toContain(`namespace ${MIXED}`);
}, 120_000);

/** A kubeconfig of a cluster that is no more. */
async function unreachable() {
  const named = parse(await readFile(await stand.cluster.kubeconfig(ADA), "utf8"));
  for (const { cluster } of named.clusters) cluster.server = "https://127.0.0.1:1";
  const folder = await mkdtemp(join(tmpdir(), "gone-kubeconfig-"));
  const path = join(folder, "config");
  await writeFile(path, stringify(named));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test("from the bucket alone the chain comes back in another cluster, by a person's word", async () => {
  for (const { name } of chain.validators) {
    const set = `/apis/apps/v1/namespaces/${MIXED}/statefulsets/axon-${name}`;
    await stand.cluster.api.patch(set, { spec: { replicas: 0 } });
    const pod = `/api/v1/namespaces/${MIXED}/pods/axon-${name}-0`;
    await until(async () => (await stand.cluster.api.find(pod)) === undefined);
  }
  await using gone = await unreachable();
  const inputs = await inputsFor(stand, second, chain, FAR, {
    ...LOSS,
    ...{ oldKubeconfig: gone.path, oldNamespace: MIXED },
    fencedBecause: "The region is gone, and with it every machine.",
    acceptLoss: height,
  });

  const { outputs, summary, warnings } = await restore(inputs);

  expect(outputs).toMatchObject({ "lost-blocks": "unknown" });
  expect(outputs.height).toBeGreaterThan(height);
  expect(await blockAt({ pods }, `${FAR}/axon-v1-0`)).toBe(blockHash);
  expect(summary).toContain("The region is gone");
  expect(warnings.join()).toContain("The old chain is not reached");
  expect(warnings.join()).toContain("The region is gone");
  await grow({ pods }, FAR, 2);
  expect((await pods.signatures()).usedTwice()).toEqual([]);
}, 400_000);
