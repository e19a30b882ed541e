import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { catalogueOf, isWhole, newestWhole } from "../src/index.ts";
import { folders, manifestFor, NOW, readFolders, storedOf } from "./backups.ts";

test("a backup whose last write is missing, wherever it stopped, is never taken for one", () => {
  const manifest = manifestFor(NOW, 7);
  const all = storedOf(manifest);
  for (let count = 1; count < all.length; count += 1) {
    const [backup] = readFolders([{ manifest, stored: all.slice(0, count) }]);
    expect(backup?.state).toBe("unfinished");
  }
  expect(readFolders([{ manifest, stored: all }])[0]?.state).toBe("whole");
});

test("a finished backup from which anything is taken is damaged, and says what", () => {
  const manifest = manifestFor(NOW, 7);
  const all = storedOf(manifest);
  for (const { key } of all.filter(({ key }) => key.includes("/parts/"))) {
    const without = all.filter((each) => each.key !== key);
    const shorter = all.map((each) => (each.key === key ? { ...each, size: 1 } : each));
    expect(readFolders([{ manifest, stored: without }])[0]).toMatchObject({
      state: "damaged",
      why: expect.stringContaining("is gone"),
    });
    expect(readFolders([{ manifest, stored: shorter }])[0]).toMatchObject({
      state: "damaged",
      why: expect.stringContaining("1 bytes"),
    });
  }
});

test("a manifest of another backup, or one that cannot be read, makes none", () => {
  const [mine, other] = [manifestFor(NOW, 7), manifestFor(NOW - 1_000, 6)];
  for (const told of [other, { flaw: "It is no JSON." }]) {
    expect(catalogueOf(storedOf(mine), new Map([[mine.id, told]]))[0]?.state).toBe("damaged");
  }
  expect(catalogueOf(storedOf(mine), new Map())[0]?.state).toBe("damaged");
});

test("the newest whole backup is the restored chain's, however high the one left behind has got and goes on to be backed up", () => {
  const count = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(fc.nat(500), count, count, fc.boolean(), (height, left, restored, isLast) => {
      const backupAt = (hour: number, height: number, timestamp: number) => {
        const plain = manifestFor(NOW + hour * 3_600_000, height);
        const manifest = { ...plain, block: { ...plain.block, timestamp } };
        return { manifest, stored: storedOf(manifest) };
      };
      // The old chain stands still at its last block; its node is backed up all the same.
      const old = Array.from({ length: left }, (_, at) => backupAt(2 * at, 1_000, 1_000));
      const own = Array.from({ length: restored }, (_, at) =>
        backupAt(2 * at + (isLast ? 1 : -1), height + at, 2_000 + at),
      );
      const newest = newestWhole(readFolders([...old, ...own]));
      expect(newest?.id).toBe(own.at(-1)?.manifest.id);
    }),
    chance(),
  );
});

test("the newest whole backup has the highest block of all that are whole", () => {
  fc.assert(
    fc.property(folders, (drawn) => {
      const catalogue = readFolders(drawn);
      const heights = catalogue.filter(isWhole).map(({ manifest }) => manifest.block.height);
      const newest = newestWhole(catalogue);
      expect(newest?.manifest.block.height).toBe(
        heights.length > 0 ? Math.max(...heights) : undefined,
      );
    }),
    chance(),
  );
});
