import { GetObjectCommand } from "@aws-sdk/client-s3";
import { contextForTests } from "@playbook/action/testing";
import { readManifest } from "@playbook/backup";
import { KubeClient } from "@playbook/kube";
import { until } from "@playbook/world";
import { connectionFor, quickClock } from "../../../packages/kube/test/place.ts";
import { makeByHand } from "../../change-axon-validators/test/hand-made.ts";
import { awaitInStep } from "../src/in-step.ts";
import { Source } from "../src/source.ts";
import {
  back,
  chainWithSync,
  grow,
  heightOf,
  inputsFor,
  left,
  openStand,
  type Stand,
  setPath,
  syncSet,
  UNLOCKED,
} from "./stand.ts";

const NAMESPACE = "backed-up";

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
  await chainWithSync(stand, NAMESPACE);
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

async function manifestOf(id: string) {
  const Key = `${NAMESPACE}/${id}/manifest.json`;
  const { Body } = await stand.s3.send(new GetObjectCommand({ Bucket: "backups", Key }));
  return readManifest((await Body?.transformToByteArray()) ?? Buffer.alloc(0), Key);
}

test("a plan says what would be stopped, and changes nothing", async () => {
  stand.cluster.gate.forget();

  const { outputs, summary, warnings } = await back(stand, NAMESPACE, { mode: "plan" });

  expect(outputs).toMatchObject({ newest: "", deletes: [] });
  expect(warnings).toEqual([expect.stringContaining(UNLOCKED)]);
  expect(summary).toContain("axon-sync-0, it has no vote");
  const verbs = new Set(stand.cluster.gate.requests().map(({ verb }) => verb));
  expect(
    [...verbs].filter((verb) => ["patch", "create", "delete", "update"].includes(verb)),
  ).toEqual([]);
});

test("a backup is made of a node without a vote, which is back in step after it", async () => {
  const { outputs, summary, warnings } = await back(stand, NAMESPACE);

  expect(warnings).toEqual([expect.stringContaining(UNLOCKED)]);
  const manifest = await manifestOf(String(outputs.backup));
  expect(outputs).toMatchObject({
    height: manifest.block.height,
    "block-hash": manifest.block.hash,
  });
  expect(manifest.block.hash).toMatch(/^0x[0-9a-f]{64}$/);
  expect(manifest.source).toMatchObject({
    pod: "axon-sync-0",
    image: expect.stringMatching(/^registry\.example\/axon@sha256:[0-9a-f]{64}$/),
    chart: expect.stringMatching(/^axon-/),
    revision: 1,
  });
  expect(manifest.chain).toMatchObject({ id: "2022", spec: expect.stringContaining("[params]") });
  expect(manifest.snapshot?.handle).toMatch(/^snap-/);
  expect(summary).toContain("Backed up");
  const { spec, metadata } = await stand.cluster.api.get(syncSet(NAMESPACE));
  expect(spec.replicas).toBe(1);
  expect(Object.keys(metadata.annotations ?? {})).not.toContain("playbook/backup-stopped");
  expect(await heightOf(stand, `${NAMESPACE}/axon-sync-0`)).toBeGreaterThanOrEqual(
    manifest.block.height,
  );
  expect((await left(stand.cluster, NAMESPACE)).filter((name) => name.includes("copy"))).toEqual(
    [],
  );
  await grow(stand, NAMESPACE, 1);
}, 200_000);

test("a validator is not stopped unless it is asked for", async () => {
  await expect(back(stand, NAMESPACE, { source: "axon-v0" })).rejects.toMatchObject({
    code: "source-votes",
  });
});

test("a node that no other can be compared with is taken, with a warning", async () => {
  const context = contextForTests();
  const kube = new KubeClient(await connectionFor(stand.cluster), context);
  const changes = { release: "another", source: "axon-sync", syncTimeout: 3_000 };
  const inputs = await inputsFor(stand, NAMESPACE, changes);
  const source = await Source.find(kube, inputs, context);

  await awaitInStep(kube, source, inputs, context);

  expect(context.warnings).toEqual([expect.stringContaining("no other node of the release")]);
}, 60_000);

test("a node of a chain that was made by hand is compared with its validators, and its spec is found", async () => {
  const namespace = "by-hand";
  const { validators, spec } = await makeByHand(stand.cluster, namespace, { followers: 1 });
  for (const { name, publicKey } of validators.slice(0, 4)) {
    const metadata = { annotations: { "axon/public-key": publicKey } };
    await stand.cluster.api.patch(setPath(namespace, name), { metadata });
  }
  const context = contextForTests();
  const kube = new KubeClient(await connectionFor(stand.cluster), context);
  const changes = { release: "hand", source: "axon-5", syncTimeout: 90_000 };
  const inputs = await inputsFor(stand, namespace, changes);
  const source = await Source.find(kube, inputs, context);

  await awaitInStep(kube, source, inputs, context);

  expect(context.warnings).toEqual([]);
  expect(await source.chainSpec()).toBe(spec);
  await stand.cluster.kubectl(["delete", "statefulsets", "--all", "--namespace", namespace]);
}, 200_000);

test("a set that is not there is no source", async () => {
  await expect(back(stand, NAMESPACE, { source: "axon-none" })).rejects.toMatchObject({
    code: "no-source",
  });
});

test("a validator is not stopped when the chain would stand still without it", async () => {
  const other = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets/axon-v1`;
  await stand.cluster.api.patch(other, { spec: { replicas: 0 } });
  const pod = `/api/v1/namespaces/${NAMESPACE}/pods/axon-v1-0`;
  await until(async () => (await stand.cluster.api.find(pod)) === undefined);

  await expect(
    back(stand, NAMESPACE, { source: "axon-v0", allowValidator: true }),
  ).rejects.toMatchObject({ code: "votes-missing" });

  await stand.cluster.api.patch(other, { spec: { replicas: 1 } });
  await grow(stand, NAMESPACE, 2);
});

test("a node that somebody starts while it is snapshotted is backed up anew", async () => {
  const before = await stand.aws.objects();
  const off = stand.cluster.gate.onRequest(async (phase, { verb, resource }) => {
    if (phase !== "before" || verb !== "create" || resource !== "volumesnapshots") return;
    await stand.cluster.api.patch(syncSet(NAMESPACE), { spec: { replicas: 1 } });
  });

  await expect(back(stand, NAMESPACE)).rejects.toMatchObject({ code: "backup-disturbed" });

  off();
  const manifests = (all: { where: string }[]) =>
    all.filter(({ where }) => where.endsWith("manifest.json")).length;
  expect(manifests(await stand.aws.objects())).toBe(manifests(before));
  const { outputs } = await back(stand, NAMESPACE);
  expect(manifests(await stand.aws.objects())).toBe(manifests(before) + 1);
  expect(outputs.backup).not.toBe("");
}, 200_000);

test("a volume that is still on a node is not snapshotted: its file system has not written all of it", async () => {
  const attachments = "/apis/storage.k8s.io/v1/volumeattachments";
  const { api, gate } = stand.cluster;
  const claim = await api.get(
    `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims/data-axon-sync-0`,
  );
  const attach = () =>
    api.create(attachments, {
      ...{ apiVersion: "storage.k8s.io/v1", kind: "VolumeAttachment" },
      metadata: { name: "held" },
      spec: {
        ...{ attacher: "ebs.csi.aws.com", nodeName: "node-0" },
        source: { persistentVolumeName: claim.spec.volumeName },
      },
    } as never);
  await attach();
  const { clock } = quickClock();

  const failing = back(stand, NAMESPACE, {}, contextForTests({ clock }));
  await expect(failing).rejects.toMatchObject({
    code: "volume-attached",
    why: expect.stringContaining("held to node-0"),
  });
  expect((await api.get(syncSet(NAMESPACE))).spec.replicas).toBe(1);

  let looks = 0;
  const there: boolean[] = [];
  const off = gate.onRequest(async (phase, { verb, resource }) => {
    if (phase === "after" && resource === "volumeattachments" && verb === "list") {
      looks += 1;
      if (looks === 3) await api.delete(`${attachments}/held`);
    }
    if (phase === "before" && resource === "volumesnapshots" && verb === "create") {
      there.push((await api.find(`${attachments}/held`)) !== undefined);
    }
  });
  await back(stand, NAMESPACE);
  off();
  expect(looks).toBeGreaterThan(3);
  expect(there).toEqual([false]);
}, 200_000);

test("a driver that takes no snapshot is named, and the node runs again", async () => {
  stand.cluster.disks.fault({ do: "create snapshot", message: "quota exceeded", times: 10_000 });
  const { clock } = quickClock();

  await expect(back(stand, NAMESPACE, {}, contextForTests({ clock }))).rejects.toMatchObject({
    code: "snapshot-failed",
    why: expect.stringContaining("quota exceeded"),
  });

  stand.cluster.disks.calm();
  expect((await stand.cluster.api.get(syncSet(NAMESPACE))).spec.replicas).toBe(1);
});
