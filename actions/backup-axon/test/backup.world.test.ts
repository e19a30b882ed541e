import { GetObjectCommand } from "@aws-sdk/client-s3";
import { readManifest } from "@playbook/backup";
import {
  back,
  chainWithSync,
  grow,
  heightOf,
  left,
  openStand,
  type Stand,
  syncSet,
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

  const { outputs, summary } = await back(stand, NAMESPACE, { mode: "plan" });

  expect(outputs).toMatchObject({ newest: "", deletes: [] });
  expect(summary).toContain("axon-sync-0, it has no vote");
  const verbs = new Set(stand.cluster.gate.requests().map(({ verb }) => verb));
  expect(
    [...verbs].filter((verb) => ["patch", "create", "delete", "update"].includes(verb)),
  ).toEqual([]);
}, 120_000);

test("a backup is made of a node without a vote, which is back in step after it", async () => {
  const { outputs, summary } = await back(stand, NAMESPACE);

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
}, 60_000);

test("a set that is not there is no source", async () => {
  await expect(back(stand, NAMESPACE, { source: "axon-none" })).rejects.toMatchObject({
    code: "no-source",
  });
}, 60_000);
