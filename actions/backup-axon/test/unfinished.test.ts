import { contextForTests } from "@playbook/action/testing";
import { type Bucket, catalogueOf, idFor, placeOf, type VolumeSnapshot } from "@playbook/backup";
import { beginningFor, NOW } from "../../../packages/backup/test/backups.ts";
import { unfinished } from "../src/unfinished.ts";

const HOUR = 3_600_000;

type Left = { hours: number; whole?: boolean };

async function goneOnWith(left: readonly Left[]): Promise<string | undefined> {
  const all = left.map(({ hours, whole = true }) => {
    const begun = beginningFor(NOW - hours * HOUR, 1_000 - hours);
    return { begun, whole };
  });
  const read = async (place: string) => {
    const found = all.find(({ begun }) => placeOf(begun.id).begun === place);
    return Buffer.from(JSON.stringify(found?.begun));
  };
  const stored = all.map(({ begun }) => ({ key: placeOf(begun.id).begun, size: 1 }));
  const bucket = {
    catalogue: async () => catalogueOf(stored, new Map()),
    store: { location: "s3://backups/axon", read },
  } as unknown as Bucket;
  const taken = all.map(({ begun, whole }) => ({
    metadata: {
      labels: { "playbook/backup": begun.id },
      annotations: whole ? { "playbook/backup-down-ms": "5000" } : {},
    },
  })) as unknown as VolumeSnapshot[];
  const snapshots = { all: async () => taken.toSorted(older) };
  const context = contextForTests({ clock: { now: () => NOW, sleep: async () => {} } });
  return (await unfinished(bucket, snapshots, "axon-sync-0", context))?.id;
}

const backupIn = ({ metadata }: VolumeSnapshot) => metadata.labels?.["playbook/backup"] ?? "";
const older = (a: VolumeSnapshot, b: VolumeSnapshot) => (backupIn(a) < backupIn(b) ? -1 : 1);

const of = (hours: number) => idFor(NOW - hours * HOUR, 1_000 - hours);

test("of what runs have left the newest whole snapshot is gone on with", async () => {
  expect(await goneOnWith([{ hours: 30 }, { hours: 6 }, { hours: 1, whole: false }])).toBe(of(6));
});

test("what is older than two days is left, and a new backup is taken", async () => {
  expect(await goneOnWith([{ hours: 47 }])).toBe(of(47));
  expect(await goneOnWith([{ hours: 49 }, { hours: 900 }])).toBeUndefined();
});
