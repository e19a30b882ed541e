import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { whole } from "../../../test/proof.ts";
import { sweep } from "../../../test/sweep.ts";
import {
  back,
  chainWithSync,
  heightOf,
  inputsFor,
  left,
  openStand,
  type Stand,
  syncSet,
} from "./stand.ts";

const NAMESPACE = "killed";
const entry = fileURLToPath(new URL("./process.ts", import.meta.url));

let stand: Stand;
beforeAll(async () => {
  stand = await openStand();
  await chainWithSync(stand, NAMESPACE);
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

/** All of them. */
const KEEP = { keepLatest: 1_000 };

const WRITES = ["create", "patch", "update", "delete"];

/** Told of every write to the cluster or the bucket, before and after it takes effect. */
function onWrite(listener: () => void): () => void {
  const offs = [
    stand.cluster.gate.onRequest((_, { verb, user }) => {
      if (user === "ada" && WRITES.includes(verb)) listener();
    }),
    stand.aws.onCall(({ operation, principal }) => {
      if (/Put|Delete/.test(operation) && !/assumed-role/.test(principal)) listener();
    }),
  ];
  return () => {
    for (const off of offs) off();
  };
}

/** Runs a backup in a process of its own that is killed at its nth write; how many it made. */
async function killedAt(nth: number): Promise<number> {
  const inputs = join(stand.world.dir, "inputs.json");
  await writeFile(inputs, JSON.stringify(await inputsFor(stand, NAMESPACE, KEEP)));
  const child = spawn(process.execPath, [entry, inputs], { env: process.env });
  let writes = 0;
  const off = onWrite(() => {
    writes += 1;
    if (writes === nth) child.kill("SIGKILL");
  });
  await once(child, "close");
  off();
  return writes;
}

async function keys(): Promise<string[]> {
  const Prefix = `${NAMESPACE}/`;
  const found = await stand.s3.send(new ListObjectsV2Command({ Bucket: "backups", Prefix }));
  return (found.Contents ?? []).map(({ Key = "" }) => Key.slice(Prefix.length));
}

const manifests = async () => (await keys()).filter((key) => key.endsWith("manifest.json")).length;

/** The writes that `npm test` takes; each of them is met before and after it takes effect. */
const SAMPLE = [3, 6, 8, 17];

/** What is wrong after one more run, where there were so many manifests before the killed one. */
async function faultsAt(nth: number, before: number): Promise<string[]> {
  const { outputs } = await back(stand, NAMESPACE, KEEP);

  const { spec, metadata } = await stand.cluster.api.get(syncSet(NAMESPACE));
  const height = await heightOf(stand, `${NAMESPACE}/axon-sync-0`);
  const copies = (await left(stand.cluster, NAMESPACE)).filter((name) => name.includes("copy"));
  const isMarked = Object.keys(metadata.annotations ?? {}).includes("playbook/backup-stopped");
  const faults = [
    ...(spec.replicas === 1 ? [] : [`the node has ${spec.replicas} replicas`]),
    ...(isMarked ? ["the node is still marked as stopped"] : []),
    ...(height >= Number(outputs.height) ? [] : [`the node is at ${height}`]),
    ...((await manifests()) > before ? [] : ["there is no manifest of it"]),
    ...copies.map((name) => `${name} is left`),
  ];
  return faults.map((fault) => `killed at write ${nth}: ${fault}`);
}

test("killed at any write, a backup is gone on with and its node runs again", async () => {
  const of = whole ? await killedAt(Number.POSITIVE_INFINITY) : undefined;
  const points = of ? Array.from({ length: of }, (_, at) => at + 1) : SAMPLE;

  const tried = await sweep("a backup", { points, of }, async (nth) => {
    const before = await manifests();
    if ((await killedAt(nth)) < nth) return { killed: false, faults: [] };
    return { killed: true, faults: await faultsAt(nth, before) };
  });

  expect(tried).toBeGreaterThanOrEqual(SAMPLE.length);
}, 7_200_000);
