import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  type Backup,
  fatesOf,
  isInQuestion,
  isWhole,
  type Lock,
  newestWhole,
  timeOf,
} from "../src/index.ts";
import { type Folder, folders, manifestFor, NOW, readFolders, storedOf } from "./backups.ts";

const DAY = 86_400_000;
const count = fc.nat(8);
const policies = fc.record({ latest: count, days: count, weeks: count, months: count });
const lock = fc.record({
  until: fc.option(fc.integer({ min: NOW - 10 * DAY, max: NOW + 10 * DAY })),
  legalHold: fc.boolean(),
});

const FREE: Lock = { until: null, legalHold: false };

function freely(catalogue: readonly Backup[]): Map<string, Lock> {
  return new Map(catalogue.map(({ id }) => [id, FREE]));
}

test("nothing that is locked, held or damaged goes, nor the newest whole one", () => {
  const drawn = fc.tuple(folders, policies, fc.array(lock, { minLength: 40, maxLength: 40 }));
  fc.assert(
    fc.property(drawn, ([written, policy, drawnLocks]) => {
      const catalogue = readFolders(written);
      const locks = new Map(catalogue.map(({ id }, at) => [id, drawnLocks[at] ?? FREE]));
      const gone = fatesOf(catalogue, policy, locks, NOW).filter(({ does }) => does === "delete");
      for (const { id } of gone) {
        const { until, legalHold } = locks.get(id) ?? FREE;
        expect(legalHold).toBe(false);
        expect(until ?? 0).toBeLessThanOrEqual(NOW);
        expect(id).not.toBe(newestWhole(catalogue)?.id);
        expect(catalogue.find((each) => each.id === id)?.state).not.toBe("damaged");
      }
    }),
    chance(),
  );
});

test("what nobody has looked at is kept", () => {
  fc.assert(
    fc.property(folders, policies, (written, policy) => {
      const fates = fatesOf(readFolders(written), policy, new Map(), NOW);
      expect(fates.filter(({ does }) => does === "delete")).toEqual([]);
    }),
    chance(),
  );
});

test("what goes is in question before", () => {
  fc.assert(
    fc.property(folders, policies, (written, policy) => {
      const catalogue = readFolders(written);
      for (const { id, does } of fatesOf(catalogue, policy, freely(catalogue), NOW)) {
        const backup = catalogue.find((each) => each.id === id);
        if (backup && does === "delete") {
          expect(isInQuestion(backup, catalogue, policy)).toBe(true);
        }
      }
    }),
    chance(),
  );
});

test("applied twice it deletes nothing more, and the manifest always goes first", () => {
  fc.assert(
    fc.property(folders, policies, (written, policy) => {
      const catalogue = readFolders(written);
      const fates = fatesOf(catalogue, policy, freely(catalogue), NOW);
      for (const { id, keys, does } of fates) {
        const hasManifest = keys.includes(`${id}/manifest.json`);
        if (does === "delete" && hasManifest) expect(keys[0]).toBe(`${id}/manifest.json`);
      }
      const kept = new Set(fates.filter(({ does }) => does === "keep").map(({ id }) => id));
      const left = catalogue.filter(({ id }) => kept.has(id));
      const again = fatesOf(left, policy, freely(left), NOW);
      expect(again.filter(({ does }) => does === "delete")).toEqual([]);
    }),
    chance(),
  );
});

test("of each day, week and month the last one is kept, as many as are asked for", () => {
  const written = Array.from({ length: 200 }, (_, age) => {
    const manifest = manifestFor(NOW - age * (DAY / 2), 1_000_000 - age);
    return { manifest, stored: storedOf(manifest) };
  });
  const catalogue = readFolders(written);
  const keep = (policy: object) =>
    fatesOf(
      catalogue,
      { latest: 0, days: 0, weeks: 0, months: 0, ...policy },
      freely(catalogue),
      NOW,
    )
      .filter(({ does }) => does === "keep")
      .map(({ id }) => id.slice(0, 8));

  expect(keep({})).toHaveLength(1);
  expect(keep({ latest: 5 })).toHaveLength(5);
  expect(keep({ days: 3 })).toEqual(["20261127", "20261128", "20261129"]);
  expect(keep({ weeks: 3 })).toEqual(["20261115", "20261122", "20261129"]);
  expect(keep({ months: 3 })).toEqual(["20260930", "20261031", "20261129"]);
});

test("what a dead run left goes when nobody will go on with it", () => {
  const unfinishedAt = (age: number) => {
    const manifest = manifestFor(NOW - age, 5);
    return { manifest, stored: storedOf(manifest).slice(0, 2) };
  };
  const catalogue = readFolders([unfinishedAt(DAY), unfinishedAt(3 * DAY)]);
  const policy = { latest: 9, days: 9, weeks: 9, months: 9 };
  expect(catalogue.filter(isWhole)).toEqual([]);
  expect(fatesOf(catalogue, policy, freely(catalogue), NOW).map(({ does }) => does)).toEqual([
    "delete",
    "keep",
  ]);
});

test("the newest backup keeps the one that its validators begin with, whatever the rules say", () => {
  const [older, before, newest] = [3, 2, 1].map((days) => {
    const plain = manifestFor(NOW - days * DAY, 1_000 - days);
    return { ...plain, block: { ...plain.block, timestamp: (NOW - days * DAY) / 1_000 } };
  });
  if (!older || !before || !newest) throw new Error("There are three.");
  const manifests = [older, before, { ...newest, ancestors: [before.id, older.id] }];
  const catalogue = readFolders(
    manifests.map((manifest) => ({ manifest, stored: storedOf(manifest) })),
  );
  const none = { latest: 0, days: 0, weeks: 0, months: 0 };

  const fates = fatesOf(catalogue, none, freely(catalogue), NOW);

  expect(fates.map(({ does }) => does)).toEqual(["delete", "keep", "keep"]);
  expect(fates[1]?.why).toBe("Validators begin with it when the newest is restored.");
});

const USUAL = { latest: 3, days: 7, weeks: 4, months: 12 };

/** Backs a chain up: it knows at most 32 of those before it whose blocks it has, as a node does. */
function backedUp(
  there: readonly Folder[],
  at: number,
  timestamp: number,
  has: (id: string) => boolean,
): Folder {
  const plain = manifestFor(at, 1);
  const known = there.map(({ manifest }) => manifest.id).toReversed();
  const manifest = {
    ...plain,
    block: { ...plain.block, timestamp: timestamp / 1_000 },
    ancestors: known.filter(has).slice(0, 32),
  };
  return { manifest, stored: storedOf(manifest) };
}

function kept(there: readonly Folder[], now: number): Folder[] {
  const catalogue = readFolders(there);
  const fates = fatesOf(catalogue, USUAL, freely(catalogue), now);
  const gone = new Set(fates.filter(({ does }) => does === "delete").map(({ id }) => id));
  return there.filter(({ manifest }) => !gone.has(manifest.id));
}

/** Days of backups of one chain, and from the day of its restore on of the one left behind, too. */
function daily(days: number, restoredAfter: number, isOldBackedUp: boolean) {
  const left = new Set<string>();
  let there: Folder[] = [];
  const back = (at: number, timestamp: number, has: (id: string) => boolean) => {
    const folder = backedUp(there, at, timestamp, has);
    there = kept([...there, folder], at);
    return folder.manifest.id;
  };
  const restoredAt = NOW - (days - restoredAfter) * DAY;
  const stoodAt = restoredAt - DAY / 2;
  for (let day = 0; day < days; day += 1) {
    const at = NOW - (days - day) * DAY;
    back(at, at, (id) => !left.has(id));
    // The old chain stands still at its last block, and its node is backed up all the same.
    const isOld = (id: string) => left.has(id) || timeOf(id) < restoredAt;
    if (isOldBackedUp && at >= restoredAt) left.add(back(at + DAY / 2, stoodAt, isOld));
  }
  return { there, left };
}

test("sixty days of backups of a chain that was left behind take no place from those of the chain that lives on", () => {
  const alone = daily(160, 100, false);
  const both = daily(160, 100, true);

  const idsOf = ({ there }: { there: Folder[] }) => there.map(({ manifest }) => manifest.id);
  expect(idsOf(both).filter((id) => !both.left.has(id))).toEqual(idsOf(alone));
  expect(idsOf(both).filter((id) => both.left.has(id))).toEqual([]);
});

test("a backup of a chain that was left behind goes when the living one's fill the places, and is told why", () => {
  const { there } = daily(160, 100, true);
  const old = backedUp(there, NOW, NOW - 60 * DAY, (id) => timeOf(id) < NOW - 60 * DAY);
  const catalogue = readFolders([...there, old]);
  const { id } = old.manifest;
  const fateOf = (lock: Lock) =>
    fatesOf(catalogue, USUAL, freely(catalogue).set(id, lock), NOW).find((one) => one.id === id);

  expect(isInQuestion(catalogue.at(-1) as Backup, catalogue, USUAL)).toBe(true);
  expect(fateOf(FREE)).toMatchObject({
    does: "delete",
    why: "No rule keeps it: those come first whose chain the newest goes on from.",
  });
  expect(fateOf({ until: NOW + DAY, legalHold: false })).toMatchObject({ does: "keep" });
});

test("places that the living chain's backups leave are the others': a restore deletes nothing at once", () => {
  const at = (day: number) => NOW - day * DAY;
  const old: Folder[] = [];
  for (const day of [3, 2, 1]) old.push(backedUp(old, at(day), at(day), () => true));
  const [base] = old;
  const own = backedUp(old, NOW, NOW, (id) => id === base?.manifest.id);

  expect(kept([...old, own], NOW)).toHaveLength(4);
});

test("what goes on from the newest counts with it, though its own block is older", () => {
  const first = backedUp([], NOW - 2 * DAY, NOW - 2 * DAY, () => false);
  const newest = backedUp([first], NOW - DAY, NOW, () => true);
  const other = backedUp([first], NOW - DAY / 2, NOW - 2 * DAY, (id) => id === first.manifest.id);
  const later = backedUp([first, newest], NOW, NOW - 1_000, () => true);
  const catalogue = readFolders([first, newest, other, later]);
  const policy = { latest: 2, days: 0, weeks: 0, months: 0 };

  const fates = fatesOf(catalogue, policy, freely(catalogue), NOW);

  expect(fates.map(({ does }) => does)).toEqual(["keep", "keep", "delete", "keep"]);
});
