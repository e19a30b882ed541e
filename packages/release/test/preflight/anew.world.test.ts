import { type Cluster, startCluster, until } from "@playbook/world";
import type { StatefulSet } from "../../src/preflight/manifest.ts";
import { checkImmutable } from "../../src/preflight/sets/holding.ts";
import { setOf } from "./sets.ts";

const SPACE = "/api/v1/namespaces/default";
const SETS = "/apis/apps/v1/namespaces/default/statefulsets";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** A set as Kubernetes takes it, whose image never comes. */
function setFor(name: string, size: string): StatefulSet {
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: size } } },
  };
  const set = setOf(name, { volumeClaimTemplates: [claim] });
  return { ...set, apiVersion: "apps/v1" } as StatefulSet;
}

const liveSet = async (name: string) =>
  (await cluster.api.get(`${SETS}/${name}`)) as unknown as StatefulSet;

const podOf = (name: string) => cluster.api.get(`${SPACE}/pods/${name}-0`);

async function begin(set: StatefulSet): Promise<string> {
  await cluster.api.create(SETS, set);
  return until(async () => (await podOf(set.metadata.name).catch(() => undefined))?.metadata.uid);
}

/** Which set has the pod by now. */
async function isTaken(name: string): Promise<boolean> {
  const [set, pod] = await Promise.all([cluster.api.get(`${SETS}/${name}`), podOf(name)]);
  const isSeen = set.status?.observedGeneration === set.metadata.generation;
  return isSeen && pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid;
}

test("a set is made anew around its pod, as it is told where a template of claims has grown", async () => {
  const wanted = setFor("grown", "200Gi");
  const uid = await begin(setFor("grown", "100Gi"));
  const [finding] = checkImmutable(wanted, await liveSet("grown"));
  expect(finding?.next).toContain("kubectl replace --force --cascade=orphan -f set.yaml");

  const yaml = await cluster.kubectl(["get", "statefulset", "grown", "-o", "yaml"]);
  await cluster.kubectl(["replace", "--force", "--cascade=orphan", "-f", "-"], {
    input: yaml.replaceAll("storage: 100Gi", "storage: 200Gi"),
  });

  await until(() => isTaken("grown"));
  expect((await podOf("grown")).metadata.uid).toBe(uid);
  expect(checkImmutable(wanted, await liveSet("grown"))).toEqual([]);
}, 120_000);

test("a set that is gone is made again around its pod; made with another image, it replaces that at once", async () => {
  const set = setFor("gone", "100Gi");
  const uid = await begin(set);

  await cluster.kubectl(["delete", "statefulset", "gone", "--cascade=orphan"]);
  await cluster.api.create(SETS, set);
  await until(() => isTaken("gone"));
  expect((await podOf("gone")).metadata.uid).toBe(uid);

  await cluster.kubectl(["delete", "statefulset", "gone", "--cascade=orphan"]);
  const [container] = set.spec.template.spec.containers;
  const next = structuredClone(set);
  next.spec.template.spec.containers = [{ ...container, name: "axon", image: "axon:next" }];
  await cluster.api.create(SETS, next);
  await until(async () => {
    const there = (await podOf("gone").catch(() => undefined))?.metadata.uid;
    return there !== undefined && there !== uid;
  });
}, 120_000);
