import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "@playbook/action";
import { type Cluster, startCluster } from "@playbook/world";
import {
  hold,
  type KubeClient,
  partitionOf,
  pods,
  type StatefulSet,
  setPartition,
  statefulSets,
  until,
} from "../src/index.ts";
import { writeChart } from "./charts.ts";
import { helmFor, type Major, newNamespace } from "./helm-place.ts";

let cluster: Cluster;
let folder: string;
let chart: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-charts-"));
  [cluster, chart] = await Promise.all([startCluster(), writeChart(folder)]);
}, 1_200_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const image = (tag: string) => `registry.example/web:${tag}`;

function looking(client: KubeClient, namespace: string, context: Context) {
  const ref = { resource: statefulSets, namespace, name: "held" };
  const pod = { resource: pods, namespace, name: "held-0" };
  return {
    set: () => client.get(ref),
    runs: (tag: string) =>
      until(
        () => client.find(pod),
        (it) => it?.spec.containers[0]?.image === image(tag) && isReady(it),
        { what: `held-0 runs ${tag}`, deadlineMs: 60_000, pauseMs: 100, context },
      ),
    /** The controller has seen the template, and decided what to do. */
    settled: async () => {
      const seen = await until(
        () => client.get(ref),
        ({ metadata, status }) => status?.observedGeneration === metadata.generation,
        { what: "the template is seen", deadlineMs: 60_000, pauseMs: 100, context },
      );
      return { set: seen, pod: await client.get(pod) };
    },
  };
}

function isReady({ status }: { status?: { containerStatuses?: { ready: boolean }[] } }): boolean {
  return status?.containerStatuses?.[0]?.ready === true;
}

const templateOf = ({ spec }: StatefulSet) => spec.template.spec.containers[0]?.image;

const steps: [string, Major, Major][] = [
  ["Helm 3", 3, 3],
  ["Helm 4", 4, 4],
  ["Helm 4 on a release of Helm 3", 3, 4],
];

describe.each(steps)("%s", (_, first, then) => {
  test.each([
    { what: "renders no partition", values: {}, partition: undefined },
    { what: "renders one that holds", values: { partition: 1 }, partition: 1 },
  ])("a chart that $what changes the template and moves no pod", async (given) => {
    const namespace = await newNamespace(cluster, "hold");
    const release = { name: "held", namespace, chart };
    const { client, context, ...place } = await helmFor(cluster, first);
    await using installing = place.helm;
    await using helm = (await helmFor(cluster, then)).helm;
    const rendered = { name: "held", replicas: 1, partition: given.partition };
    const { set, runs, settled } = looking(client, namespace, context);
    const upgrade = (tag: string) => helm.upgrade({ ...release, values: [given.values, { tag }] });
    await installing.upgrade({ ...release, values: [given.values] });
    await runs("1");

    for (const [from, to] of [
      ["1", "2"],
      ["2", "3"],
    ] as const) {
      await hold(client, await set(), rendered);
      await upgrade(to);
      const held = await settled();
      expect(templateOf(held.set)).toBe(image(to));
      expect(held.pod.spec.containers[0]?.image).toBe(image(from));
      await setPartition(client, await set(), 0);
      await runs(to);
    }

    await hold(client, await set(), rendered);
    await helm.rollback(release, 1);
    const back = await settled();
    expect(templateOf(back.set)).toBe(image("1"));
    expect(back.pod.spec.containers[0]?.image).toBe(image("3"));
    expect(partitionOf(back.set)).toBe(1);
    await setPartition(client, await set(), 0);
    await runs("1");
  });
});

test("what was patched in Helm's own name is still held once it is held in ours", async () => {
  const namespace = await newNamespace(cluster, "patched");
  const release = { name: "held", namespace, chart };
  const { client, ...place } = await helmFor(cluster, 4);
  await using helm = place.helm;
  await helm.upgrade(release);
  const ref = { resource: statefulSets, namespace, name: "held" };
  const patch = { spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } };
  await client.merge(ref, patch, { manager: "helm" });

  await hold(client, await client.get(ref), { name: "held", replicas: 1 });
  await helm.upgrade({ ...release, values: [{ tag: "2" }] });
  await helm.rollback(release, 1);

  expect(partitionOf(await client.get(ref))).toBe(1);
});

test("and is let go by Helm 4's rollback without that: why nothing is patched in its name", async () => {
  const namespace = await newNamespace(cluster, "dropped");
  const release = { name: "held", namespace, chart };
  const { client, ...place } = await helmFor(cluster, 4);
  await using helm = place.helm;
  await helm.upgrade(release);
  const ref = { resource: statefulSets, namespace, name: "held" };
  const patch = { spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } };
  await client.merge(ref, patch, { manager: "helm" });

  await helm.upgrade({ ...release, values: [{ tag: "2" }] });
  await helm.rollback(release, 1);

  expect(partitionOf(await client.get(ref))).toBe(0);
});

test("a set that was OnDelete is held, and is rolled by its partition from then on", async () => {
  const namespace = await newNamespace(cluster, "on-delete");
  const release = { name: "held", namespace, chart };
  const { client, context, ...place } = await helmFor(cluster, 4);
  await using helm = place.helm;
  const { set, runs, settled } = looking(client, namespace, context);
  await helm.upgrade(release);
  await runs("1");
  const ref = { resource: statefulSets, namespace, name: "held" };
  const onDelete = { type: "OnDelete", rollingUpdate: null };
  await client.merge(ref, { spec: { updateStrategy: onDelete } });

  await hold(client, await set(), { name: "held", replicas: 1 });
  await helm.upgrade({ ...release, values: [{ tag: "2" }] });

  const held = await settled();
  expect(held.set.spec.updateStrategy).toEqual({
    type: "RollingUpdate",
    rollingUpdate: { partition: 1 },
  });
  expect(held.pod.spec.containers[0]?.image).toBe(image("1"));
  await setPartition(client, await set(), 0);
  await runs("2");
});
