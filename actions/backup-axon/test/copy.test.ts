import { contextForTests } from "@playbook/action/testing";
import { type Beginning, type Bucket, type Claim, type Contents, placeOf } from "@playbook/backup";
import { KubeClient, type KubeObject } from "@playbook/kube";
import fc from "fast-check";
import { beginningFor, manifestFor, NOW } from "../../../packages/backup/test/backups.ts";
import { chance } from "../../../test/chance.ts";
import { copy, partBytesFor } from "../src/copy.ts";
import type { Inputs } from "../src/prepare.ts";
import { Source } from "../src/source.ts";
import { startApi } from "./api.ts";

const MIB = 1024 ** 2;
const CLAIMS = "/api/v1/namespaces/axon/persistentvolumeclaims";
const SET = "/apis/apps/v1/namespaces/axon/statefulsets/axon-sync";
const INPUTS = {
  ...{ namespace: "axon", release: "axon", rpcPort: 8000, podRole: "role" },
  ...{ partSize: 256, storageClass: "gp3", deadline: 60_000 },
} as Inputs;

const begun: Beginning = beginningFor(NOW, 7);
const { id } = begun;
const { parts } = manifestFor(NOW, 7, ["one", "three", "five"]);
const contents: Contents = {
  ...{ format: "axon-backup-contents", version: 1, unpacked: 12, parts },
  bytes: parts.reduce((sum, { size }) => sum + size, 0),
};

const claimOf = (storage: string, capacity?: string) =>
  ({
    metadata: { name: "data-axon-sync-0", namespace: "axon" },
    spec: { resources: { requests: { storage } } },
    ...(capacity && { status: { capacity: { storage: capacity } } }),
  }) as unknown as Claim;

/** A bucket with what is in it by key, of which a pod makes whatever it has not. */
class FakeBucket {
  readonly objects = new Map<string, number>();
  packed = 0;
  /** Whether somebody deletes this part as soon as it is there. */
  thief = "";
  /** What the pod writes before it fails, if it does. */
  log = "";

  pack() {
    this.packed += 1;
    for (const { key, size } of parts) this.objects.set(`${id}/${key}`, size);
    this.objects.set(placeOf(id).contents, 1);
    this.objects.delete(this.thief);
  }

  get bucket(): Bucket {
    const read = async (key: string) =>
      this.objects.has(key) ? Buffer.from(JSON.stringify(contents)) : undefined;
    const stored = async () => [...this.objects].map(([key, size]) => ({ key, size }));
    const store = { location: "s3://backups/axon", read };
    return { store, stored, urlOf: () => "", region: "eu-central-1" } as unknown as Bucket;
  }
}

const NAME = `axon-copy-${id}`;
const POD = `/api/v1/namespaces/axon/pods/${NAME}-1`;

const podOf = () =>
  ({ metadata: { name: `${NAME}-1`, labels: { "job-name": NAME } } }) as unknown as KubeObject;

async function copying(there: FakeBucket) {
  const set = {
    metadata: { name: "axon-sync", labels: {} },
    spec: { template: { spec: {} }, volumeClaimTemplates: [{ metadata: { name: "data" } }] },
  } as unknown as KubeObject;
  const api = await startApi({
    [SET]: set,
    [`${CLAIMS}/data-axon-sync-0`]: claimOf("1Gi"),
    [POD]: podOf(),
    [`${POD}/log`]: there.log as unknown as KubeObject,
  });
  api.onRequest((method, path) => {
    if (method !== "GET" || !path.includes("/jobs/") || !api.get(path)) return;
    if (!there.log) there.pack();
    const type = there.log ? "Failed" : "Complete";
    api.patch(path, { status: { conditions: [{ type, status: "True" }] } });
  });
  const context = contextForTests();
  const kube = new KubeClient(api.connection, context);
  const source = await Source.find(kube, INPUTS, context);
  const run = () =>
    copy({ kube, bucket: there.bucket, source, inputs: INPUTS, context }, begun, "snapshot-1");
  return { run, context, [Symbol.asyncDispose]: api[Symbol.asyncDispose] };
}

test("what a pod has stored whole is not copied again", async () => {
  const there = new FakeBucket();
  there.pack();
  await using place = await copying(there);

  expect(await place.run()).toEqual(contents);

  expect(there.packed).toBe(1);
});

test.each([
  ["is gone", (there: FakeBucket, key: string) => there.objects.delete(key)],
  ["has another size", (there: FakeBucket, key: string) => there.objects.set(key, 1)],
])("when a part %s all are copied once more before the manifest is written", async (_, change) => {
  const there = new FakeBucket();
  there.pack();
  change(there, `${id}/${parts[1]?.key}`);
  await using place = await copying(there);

  expect(await place.run()).toEqual(contents);

  expect(there.packed).toBe(2);
  expect(place.context.warnings).toEqual([expect.stringContaining(parts[1]?.key ?? "")]);
});

test("a part that is not in the bucket at the end is named, and there is no whole backup", async () => {
  const there = new FakeBucket();
  there.thief = `${id}/${parts[2]?.key}`;
  await using place = await copying(there);

  await expect(place.run()).rejects.toMatchObject({
    code: "parts-missing",
    why: `${parts[2]?.key} is gone.`,
    next: expect.stringContaining("VolumeSnapshot snapshot-1"),
  });
});

test("a restore's list of parts fits in its ConfigMap, whatever the volume and the input are", () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 64 * 1024 }),
    fc.integer({ min: 1, max: 5_120 }),
  );
  const line = `parts/00000-${"0".repeat(64)} 0000000000 ${"0".repeat(64)}\n`.length;
  fc.assert(
    fc.property(sizes, ([gib, asked]) => {
      const bytes = partBytesFor(claimOf(`${gib}Gi`), asked);
      const most = Math.ceil((gib * 1024 * MIB) / bytes);
      expect(most * line).toBeLessThan(0.8 * MIB);
      expect(bytes).toBeGreaterThanOrEqual(asked * MIB);
    }),
    chance(),
  );
});

test("parts are as large as they are asked to be where they are few enough, by what the volume is", () => {
  expect(partBytesFor(claimOf("1Ti"), 256)).toBe(256 * MIB);
  expect(partBytesFor(claimOf("2Ti"), 256)).toBe(Math.ceil((2 * 1024 ** 4) / 5_000));
  expect(partBytesFor(claimOf("1Gi", "2Ti"), 256)).toBe(Math.ceil((2 * 1024 ** 4) / 5_000));
});

test("of a pod that fails the last lines are shown, also those of tar, and none of its parts", async () => {
  const there = new FakeBucket();
  const tar = "tar: rocksdb/1.sst: Cannot write: No space left on device";
  const moved = Array.from(
    { length: 9 },
    (_, at) => `mover: parts/0000${at}-ab is right, 7 bytes.`,
  );
  const last = "mover: The archive could not be unpacked; the lines before this one say why.";
  there.log = [tar, ...moved, last].map((line) => `${line}\n`).join("");
  await using place = await copying(there);

  await expect(place.run()).rejects.toMatchObject({ code: "mover-failed", why: `${tar}\n${last}` });
});
