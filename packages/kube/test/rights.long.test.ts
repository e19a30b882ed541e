import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grantsOf, type Rule, withoutGrant } from "@playbook/access";
import { ActionError } from "@playbook/action";
import { type Cluster, startCluster } from "@playbook/world";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import {
  disruptionBudgets,
  findRelease,
  Helm,
  hold,
  podRpc,
  pods,
  setPartition,
  statefulSets,
  until,
} from "../src/index.ts";
import { writeChart } from "./charts.ts";
import { helmProgram } from "./helm-place.ts";
import { clientFor } from "./place.ts";

const system = "proof";
const namespace = "proof";
const user = userOf(system);

const allow = (group: string, resource: string, ...verbs: string[]): Rule => ({
  apiGroups: [group],
  resources: [resource],
  verbs,
  scope: "namespace",
});

/** What the parts of this package need: see the README. */
const rules: Rule[] = [
  allow("", "secrets", "get", "list", "create", "update", "delete"),
  allow("apps", "statefulsets", "get", "create", "patch"),
  allow("", "pods", "get", "list"),
  allow("", "pods/log", "get"),
  allow("", "pods/eviction", "create"),
  allow("", "pods/portforward", "get", "create"),
  allow("", "events", "list"),
  allow("policy", "poddisruptionbudgets", "get", "patch"),
];

let folder: string;
let chart: string;
let cluster: Cluster;
let server: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-charts-"));
  [cluster, chart] = await Promise.all([startCluster(), writeChart(folder)]);
  server = createServer((_, response) => response.end('{"jsonrpc":"2.0","id":1,"result":7}'));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await cluster.api.create("/api/v1/namespaces", named("Namespace", namespace));
  await cluster.api.create("/apis/kwok.x-k8s.io/v1alpha1/clusterportforwards", {
    ...named("ClusterPortForward", "program", "kwok.x-k8s.io/v1alpha1"),
    spec: { forwards: [{ ports: [8000], target: { port, address: "127.0.0.1" } }] },
  });
  await cluster.api.create(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
    ...named("PodDisruptionBudget", "held", "policy/v1"),
    spec: { maxUnavailable: 0, selector: { matchLabels: { app: "held" } } },
  });
  const log = join(folder, "log");
  await writeFile(log, "2026-11-27T00:00:00.000000000Z stdout F a line\n");
  await cluster.api.create("/apis/kwok.x-k8s.io/v1alpha1/clusterlogs", {
    ...named("ClusterLogs", "log", "kwok.x-k8s.io/v1alpha1"),
    spec: { logs: [{ containers: ["main"], logsFile: log }] },
  });
  await giveRules(cluster, { system, namespace, rules });
}, 1_200_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function named(kind: string, name: string, apiVersion = "v1") {
  return { apiVersion, kind, metadata: { name } };
}

/**
 * What the API server judges a request by as well: the GET that becomes a port-forward, and the
 * patch that makes what is not there.
 */
const alsoJudged = ["create pods/portforward", "create apps/statefulsets"];

let releases = 0;

/** A release that is made, held, changed, let go and taken back, and all that is looked at. */
async function useAll(): Promise<void> {
  const { client, connection, context } = await clientFor(cluster, { user });
  const program = await helmProgram(4);
  const env = { PATH: process.env.PATH };
  await using helm = await Helm.open({ program, connection, context, env });
  // What an earlier one has left belongs to that one's release.
  await clear();
  releases += 1;
  const release = { name: `held-${releases}`, namespace };
  const ref = { resource: statefulSets, name: "held", namespace };
  await helm.upgrade({ ...release, chart });
  const ready = await until(
    async () => (await client.list(pods, { namespace, labels: "app=held" })).at(0),
    (pod) => pod?.status?.containerStatuses?.[0]?.ready === true,
    { what: "held-0 is ready", deadlineMs: 60_000, pauseMs: 100, context },
  );
  const pod = await client.get({ resource: pods, name: ready?.metadata.name ?? "", namespace });

  const set = await client.get(ref);
  await hold(client, set, { name: "held", replicas: 1 });
  await helm.upgrade({ ...release, chart, values: [{ tag: "2" }] });
  await helm.upgrade({ ...release, chart, values: [{ tag: "3" }], historyMax: 2 });
  await helm.rollback(release, 2);
  await setPartition(client, set, 0);
  expect((await findRelease(client, release, ["secret"])).length).toBeGreaterThan(1);

  const budget = { resource: disruptionBudgets, name: "held", namespace };
  await client.merge(budget, { spec: { maxUnavailable: 0 } });
  await client.get(budget);
  expect(await client.logs({ name: pod.metadata.name, namespace })).toEqual(["a line"]);
  await client.evict(pod);
  await client.eventsOf(set);
  using rpc = podRpc(connection, { namespace, pod: pod.metadata.name, port: 8000 }, context);
  expect(await rpc.call("any")).toBe(7);
}

async function clear(): Promise<void> {
  const { api } = cluster;
  const path = `/apis/apps/v1/namespaces/${namespace}/statefulsets/held`;
  await api.delete(path);
  const pod = `/api/v1/namespaces/${namespace}/pods/held-0`;
  await api.delete(pod);
  const { context } = await clientFor(cluster);
  await until(
    async () => [await api.find(path), await api.find(pod)],
    (found) => found.every((one) => one === undefined),
    { what: "the set is gone", deadlineMs: 60_000, pauseMs: 50, context },
  );
}

test("all that is allowed is used, and nothing beside it", async () => {
  cluster.gate.forget();

  await useAll();

  const used = new Set([...usedBy(cluster, user), ...alsoJudged]);
  expect([...used].sort()).toEqual(grantsOf(rules));
  expect(refusedTo(cluster, user)).toEqual([]);
});

test.each(grantsOf(rules))("without %s it fails and says so", async (grant) => {
  await giveRules(cluster, { system, namespace, rules: withoutGrant(rules, grant) });
  const [, verb = "", resource = ""] = /^(\w+) (?:apps\/|policy\/)?(\S+)$/.exec(grant) ?? [];

  const error = await useAll().catch((it) => it);

  expect(error).toBeInstanceOf(ActionError);
  expect(error.code).toMatch(/^(kube-forbidden|helm-failed|release-unrecorded)$/);
  expect(error.message).toContain(verb);
  expect(error.message).toContain(resource);
  await giveRules(cluster, { system, namespace, rules });
});

test("a Helm that may not finish its record succeeds, and it is said that it did not", async () => {
  const left = withoutGrant(rules, "update secrets");
  await giveRules(cluster, { system, namespace, rules: left });

  await expect(useAll()).rejects.toMatchObject({ code: "release-unrecorded" });

  await giveRules(cluster, { system, namespace, rules });
});
