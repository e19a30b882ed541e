import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import type { Values } from "../../../test/charts.ts";
import { type AxonChain, newChain } from "./axon-chain.ts";

const NAMESPACE = "anew";
const SETS = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`;

let cluster: Cluster;
let pods: Pods;
let chain: AxonChain;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, {
    tags: { "v0.3.1": {}, "v0.3.2": {}, "v0.3.3": {}, "v0.3.4": {} },
  });
  chain = await newChain(cluster, NAMESPACE);
  expect((await chain.roll({})).report.outputs).toMatchObject({ outcome: "done" });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const names = ["axon-v0", "axon-v1", "axon-v2", "axon-v3", "axon-v4"];

async function uids(): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return found.map(({ metadata }) => metadata.uid ?? "").sort();
}

const inSpace = (...args: string[]) => [...args, "--namespace", NAMESPACE];

type Found = { code: string; level: string; at: string; next: string };

/** What a plan finds in the way. */
async function inTheWay(values: Values): Promise<Found[]> {
  const { report } = await chain.roll(values, { mode: "plan" });
  const found = (report.outputs?.findings ?? []) as Found[];
  return found.filter(({ level }) => level === "error");
}

test("sets of a larger volume are made anew around their pods, and the chain rolls on", async () => {
  const larger = { storage: { size: "2Gi" }, image: { tag: "v0.3.2" } };
  const found = await inTheWay(larger);
  expect(found.map(({ code, at }) => `${code} ${at}`)).toEqual(
    names.map((name) => `immutable-changed StatefulSet ${name}, spec.volumeClaimTemplates`),
  );
  expect(found[0]?.next).toContain("kubectl replace --force --cascade=orphan -f set.yaml");

  const before = await uids();
  for (const name of names) {
    const yaml = await cluster.kubectl(inSpace("get", "statefulset", name, "-o", "yaml"));
    await cluster.kubectl(inSpace("replace", "--force", "--cascade=orphan", "-f", "-"), {
      input: yaml.replaceAll("storage: 1Gi", "storage: 2Gi"),
    });
  }
  expect(await uids()).toEqual(before);

  const { report, said } = await chain.roll(larger);
  expect(report).toMatchObject({ outputs: { outcome: "done", version: "v0.3.2" } });
  expect(said.filter((line) => line.endsWith("is let go."))).toHaveLength(5);
}, 600_000);

test("where all sets are gone and their pods run, nothing is done until they are made again", async () => {
  const next = { storage: { size: "2Gi" }, image: { tag: "v0.3.3" } };
  await cluster.kubectl(inSpace("delete", "statefulset", ...names, "--cascade=orphan"));
  const before = await uids();

  const found = await inTheWay(next);
  expect(found.map(({ code, at }) => `${code} ${at}`)).toEqual(
    names.map((name) => `set-gone StatefulSet ${name}`),
  );
  await expect(chain.roll(next)).rejects.toMatchObject({
    code: "preflight-failed",
    next: expect.stringContaining("helm get manifest axon"),
  });
  expect(await cluster.api.list(SETS)).toEqual([]);

  const manifest = await cluster.helm(inSpace("get", "manifest", "axon"), {
    env: { HELM_DRIVER: "configmap" },
  });
  await cluster
    .kubectl(inSpace("create", "-f", "-"), { input: manifest })
    .catch((fault) => expect(`${fault}`).toContain("AlreadyExists"));
  expect(await uids()).toEqual(before);

  const { report, said } = await chain.roll(next);
  expect(report).toMatchObject({ outputs: { outcome: "done", version: "v0.3.3" } });
  expect(said.filter((line) => line.endsWith("is let go."))).toHaveLength(5);
  expect((await pods.signatures()).usedTwice()).toEqual([]);
}, 600_000);

test("one set that is gone is made again by the rollout, held, and its pod waits for its turn", async () => {
  await cluster.kubectl(inSpace("delete", "statefulset", "axon-v2", "--cascade=orphan"));

  const { report, said } = await chain.roll({
    ...{ storage: { size: "2Gi" }, image: { tag: "v0.3.4" } },
  });

  expect(report).toMatchObject({ outputs: { outcome: "done", version: "v0.3.4" } });
  expect(said.filter((line) => line.endsWith("is let go."))).toHaveLength(5);
  expect((await pods.signatures()).usedTwice()).toEqual([]);
}, 600_000);
