import { type Cluster, startCluster } from "@playbook/world";
import {
  configMaps,
  type Draft,
  disruptionBudgets,
  type Keeper,
  type KubeClient,
  pods,
  type StatefulSet,
  statefulSets,
  until,
} from "../src/index.ts";
import { clientFor, container, quickClock, setNamed } from "./place.ts";

const namespace = "default";

let cluster: Cluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startCluster();
  ({ client } = await clientFor(cluster));
}, 1_200_000);
beforeEach(() => {
  cluster.gate.calm();
  cluster.gate.forget();
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const ref = (name: string) => ({ resource: configMaps, namespace, name });
const map = (name: string, data: Record<string, string> = {}): Draft<Keeper> => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels: { test: "client" } },
  data,
});

describe("what passes is waited for", () => {
  test("an API server that is away for 30 s is there in the end", async () => {
    await cluster.gate.close();
    const { clock, waited } = quickClock((ms) => (ms > 30_000 ? cluster.gate.open() : undefined));
    const { client: patient } = await clientFor(cluster, { clock });

    await patient.create(configMaps, map("patient"));

    expect(waited()).toBeGreaterThan(30_000);
    expect(await client.find(ref("patient"))).toBeDefined();
  });

  test("a throttled request waits as long as it is told to", async () => {
    const { clock, waited } = quickClock();
    const { client: patient } = await clientFor(cluster, { clock });
    cluster.gate.fault({ do: "status", status: 429, retryAfter: 7 });

    await patient.list(configMaps, { namespace });

    expect(waited()).toBeGreaterThanOrEqual(7_000);
  });

  test("one that stays away is an error with its address", async () => {
    await cluster.gate.close();
    const { client: patient } = await clientFor(cluster, { clock: quickClock().clock });

    await expect(patient.get(ref("any"))).rejects.toMatchObject({
      code: "kube-unreachable",
      why: expect.stringContaining(cluster.url),
    });
    await cluster.gate.open();
  });

  test("a list that is longer than a page is whole", async () => {
    const names = Array.from({ length: 510 }, (_, index) => `page-${index}`);
    const label = { labels: { paged: "yes" } };
    await Promise.all(
      names.map((name) => {
        const metadata = { name, namespace, ...label };
        return client.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
      }),
    );

    const found = await client.list(configMaps, { namespace, labels: "paged=yes" });

    expect(found.map(({ metadata }) => metadata.name).sort()).toEqual(names.sort());
  });
});

describe("an error says what to do", () => {
  test("a missing right is named with the rule that gives it", async () => {
    const user = { name: "eve", groups: ["strangers"] };
    const { client: stranger } = await clientFor(cluster, { user });

    const asked = stranger.list(pods, { namespace: "kube-system" });

    await expect(asked).rejects.toMatchObject({
      code: "kube-forbidden",
      what: expect.stringMatching(/^"eve" may not list pods in namespace kube-system/),
      next: expect.stringContaining('apiGroups: [""], resources: ["pods"], verbs: ["list"]'),
    });
  });

  test("what no rule mends is refused in the API server's words", async () => {
    const quota = {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "none", namespace: "kube-public" },
      spec: { hard: { pods: "0" } },
    };
    await cluster.api.create("/api/v1/namespaces/kube-public/resourcequotas", quota);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "one", namespace: "kube-public" },
      spec: { containers: [container] },
    };

    await until(
      () => client.create(pods, pod).catch((error) => error),
      ({ code }) => code === "kube-refused",
      { what: "the quota counts", deadlineMs: 30_000, context: (await clientFor(cluster)).context },
    );
  });

  test("an object that is absent is named", async () => {
    await expect(client.get(ref("nothing"))).rejects.toMatchObject({
      code: "kube-absent",
      what: expect.stringContaining("ConfigMap default/nothing"),
    });
    expect(await client.find(ref("nothing"))).toBeUndefined();
  });

  test("a wrong field is named, and one that there is not when it has to be strict", async () => {
    const wrong = setNamed("wrong", namespace, { replicas: -1 });
    await expect(client.create(statefulSets, wrong as never)).rejects.toMatchObject({
      code: "kube-invalid",
      why: expect.stringContaining("spec.replicas"),
    });

    const place = { resource: statefulSets, namespace, name: "misspelt" };
    const misspelt = setNamed("misspelt", namespace, { replicsa: 2 });
    const asked = client.apply(place, misspelt, { dryRun: true, strict: true });
    await expect(asked).rejects.toMatchObject({
      code: "kube-invalid",
      why: expect.stringContaining("replicsa"),
    });
  });

  test("a certificate of somebody else's is not trusted", async () => {
    const { connection, context } = await clientFor(cluster);
    const { KubeClient: Client } = await import("../src/index.ts");
    const { ca: _, ...without } = connection;

    await expect(new Client(without, context).get(ref("any"))).rejects.toMatchObject({
      code: "kube-untrusted",
    });
  });

  test("whom nobody knows is told how to be known", async () => {
    const { client: stranger } = await clientFor(cluster);
    cluster.gate.fault({ do: "status", status: 401, times: 2 });

    await expect(stranger.get(ref("any"))).rejects.toMatchObject({
      code: "kube-unknown",
      next: expect.stringContaining("Sign in again"),
    });
  });

  test("who was known is not turned away by an API server that has just come up", async () => {
    await client.find(ref("any"));
    cluster.gate.fault({ do: "status", status: 401, times: 3 });

    await expect(client.find(ref("any"))).resolves.toBeUndefined();
  });
});

describe("pods", () => {
  const labels = { app: "evicted" };
  const podRef = { resource: pods, namespace, name: "evicted-0" };

  beforeAll(async () => {
    const set = setNamed("evicted", namespace) as Draft<StatefulSet>;
    await client.create(statefulSets, set);
    await client.create(disruptionBudgets, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "evicted", namespace },
      spec: { maxUnavailable: 0, selector: { matchLabels: labels } } as never,
    });
    const { context } = await clientFor(cluster);
    await until(
      () => client.find(podRef),
      (pod) => pod?.status?.containerStatuses?.[0]?.ready === true,
      { what: "the pod is ready", deadlineMs: 60_000, pauseMs: 100, context },
    );
  });

  test("a budget that is used up keeps its pod, and one that is not lets it go once", async () => {
    const pod = await client.get(podRef);
    const refused = await client.evict(pod);
    expect(refused).toEqual({ refused: expect.stringContaining("evicted") });

    const budget = { resource: disruptionBudgets, namespace, name: "evicted" };
    await client.merge(budget, { spec: { maxUnavailable: 1 } });
    const { context } = await clientFor(cluster);
    await until(
      () => client.get(budget),
      ({ status }) => status?.disruptionsAllowed === 1,
      { what: "the budget allows it", deadlineMs: 30_000, pauseMs: 100, context },
    );
    expect(await client.evict(pod)).toBe("deleting");
    await until(
      () => client.find(podRef),
      (other) => other !== undefined && other.metadata.uid !== pod.metadata.uid,
      { what: "another pod is there", deadlineMs: 30_000, pauseMs: 100, context },
    );

    expect(await client.evict(pod)).toBe("gone");
  });

  test("what has happened to an object is told in order", async () => {
    const set = await client.get({ resource: statefulSets, namespace, name: "evicted" });

    const told = await client.eventsOf(set);

    expect(told.map(({ reason }) => reason)).toContain("SuccessfulCreate");
  });

  test("a container that has not started has no log", async () => {
    await client.create(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "unscheduled", namespace },
      spec: { containers: [container], nodeSelector: { no: "where" } } as never,
    });

    expect(await client.logs({ name: "unscheduled", namespace })).toEqual([]);
  });
});

test("what does not come in time is named", async () => {
  const { context } = await clientFor(cluster, { clock: quickClock().clock });
  const waiting = until(
    () => client.find(ref("never")),
    (found) => found !== undefined,
    { what: "the map is there", deadlineMs: 5_000, context },
  );

  await expect(waiting).rejects.toMatchObject({
    code: "not-in-time",
    what: expect.stringContaining("the map is there"),
  });
});
