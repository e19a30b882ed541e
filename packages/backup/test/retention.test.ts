import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  type Backup,
  fatesOf,
  isInQuestion,
  isWhole,
  type Lock,
  newestWhole,
} from "../src/index.ts";
import { folders, manifestFor, NOW, readFolders, storedOf } from "./backups.ts";

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
