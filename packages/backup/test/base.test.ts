import { baseOf, type Manifest } from "../src/index.ts";
import { manifestFor, NOW, readFolders, storedOf } from "./backups.ts";

const HOUR = 3_600_000;

/** A backup of so many hours ago, with its newest block of just before. */
function backupAt(hours: number, ancestors: string[] = []): Manifest {
  const begunAt = NOW - hours * HOUR;
  const plain = manifestFor(begunAt, 10_000 - 100 * hours);
  return { ...plain, ancestors, block: { ...plain.block, timestamp: begunAt / 1_000 - 3 } };
}

const catalogueOf = (...manifests: Manifest[]) =>
  readFolders(manifests.map((manifest) => ({ manifest, stored: storedOf(manifest) })));

const [older, before] = [backupAt(2), backupAt(1)];
const newest = backupAt(0, [before.id, older.id]);

test("validators begin with the newest backup before the one that is restored", () => {
  expect(baseOf(catalogueOf(older, before, newest), newest)?.id).toBe(before.id);
});

test("they begin with an older one where that is gone or damaged, and with the genesis where none is left", () => {
  const all = catalogueOf(older, before, newest);
  const damaged = all.map((each) =>
    each.id === before.id ? { ...each, state: "damaged" as const, why: "", manifest: null } : each,
  );
  expect(baseOf(catalogueOf(older, newest), newest)?.id).toBe(older.id);
  expect(baseOf(damaged, newest)?.id).toBe(older.id);
  expect(baseOf(catalogueOf(newest), newest)).toBeNull();
});

test("one that is not known to be of the chain is not begun with, though it is older", () => {
  const stranger = { ...newest, ancestors: [older.id] };
  expect(baseOf(catalogueOf(older, before, stranger), stranger)?.id).toBe(older.id);
});

test("one whose data may have the restored block already is not begun with: nothing would be left to catch up", () => {
  const { block } = before;
  const stalled = { ...newest, block: { ...block, timestamp: Date.parse(before.begunAt) / 1_000 } };
  expect(baseOf(catalogueOf(older, before, stalled), stalled)?.id).toBe(older.id);
});
