import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { table } from "@playbook/action";
import {
  back,
  chainWithSync,
  grow,
  openStand,
  type Stand,
} from "../../actions/backup-axon/test/stand.ts";
import { inputsFor, placeFor, restore } from "../../actions/restore-axon/test/place.ts";

const MIB = 2 ** 20;
const SIZES = [10, 100, 400];
const MINUTE = 60_000;

/** Chains of five with so much on each volume, backed up and restored, as a table. */
export async function benchRestore(say: (line: string) => void): Promise<string> {
  await using stand = await openStand();
  const rows: string[][] = [];
  for (const size of SIZES) {
    say(`restore, ${size} MiB`);
    rows.push(await bench(stand, size));
  }
  return table(
    ["chain of five, on each volume", "backup", "drill, one volume", "restore, six volumes"],
    rows,
  );
}

async function bench(stand: Stand, size: number): Promise<string[]> {
  const [from, to, scratch] = [`chain-${size}`, `restored-${size}`, `drill-${size}`];
  const chain = await chainWithSync(stand, from);
  await fill(stand, from, size);
  const limits = { partSize: 64, deadline: 5 * MINUTE };
  // What validators begin with, as large as the backup itself.
  await back(stand, from, limits);
  await grow(stand, from, 4);
  const saved = await timed(() => back(stand, from, limits));
  const height = Number(saved.result.outputs.height);
  await placeFor(stand.cluster, stand.cluster, chain, to);
  await placeFor(stand.cluster, stand.cluster, chain, scratch, { keys: false });
  const inputs = (namespace: string, changes: object) =>
    inputsFor(stand, stand.cluster, chain, namespace, { deadline: 5 * MINUTE, ...changes });
  const drill = await inputs(scratch, { mode: "drill", storageClass: "gp3" });
  const drilled = await timed(() => restore(drill));
  if (drilled.result.failure) throw drilled.result.failure;
  const apply = await inputs(to, { relayers: "none", acceptLoss: height });
  const restored = await timed(() => restore(apply));
  for (const namespace of [from, to]) {
    const sets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
    for (const { metadata } of await stand.cluster.api.list(sets)) {
      await stand.cluster.api.delete(`${sets}/${metadata.name}`);
    }
  }
  return [`${size} MiB`, seconds(saved.ms), seconds(drilled.ms), seconds(restored.ms)];
}

/** Puts a file that does not compress where the sync node has its chain. */
async function fill({ cluster }: Stand, namespace: string, size: number): Promise<void> {
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  const found = await cluster.api.list(claims);
  const claim = found.find(({ metadata }) => metadata.name.endsWith("axon-sync-0"));
  const volume = await cluster.api.get(`/api/v1/persistentvolumes/${claim?.spec.volumeName}`);
  const folder = cluster.disks.folderOf(volume);
  const file = await open(join(folder, "rocksdb", "filling.sst"), "w", 0o666);
  for (let written = 0; written < size; written += 1) await file.write(randomBytes(MIB));
  await file.close();
}

async function timed<Result>(work: () => Promise<Result>) {
  const began = Date.now();
  const result = await work();
  return { result, ms: Date.now() - began };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
