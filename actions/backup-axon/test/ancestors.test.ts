import {
  beginningFor,
  manifestFor,
  NOW,
  readFolders,
  storedOf,
} from "../../../packages/backup/test/backups.ts";
import { ancestorsIn } from "../src/take.ts";

const HOUR = 3_600_000;

test("a chain's own backups are named though as many of another were made since, thirty-two at most", async () => {
  const manifests = Array.from({ length: 80 }, (_, at) => manifestFor(NOW + at * HOUR, at));
  const catalogue = readFolders(
    manifests.map((manifest) => ({ manifest, stored: storedOf(manifest) })),
  );
  // It parted from what was backed up after block 39.
  const node = {
    block: async (height: number | "latest") => {
      const { block } = beginningFor(NOW, Number(height));
      const hash = block.height < 40 ? block.hash : `0x${"1".repeat(64)}`;
      return { ...block, hash, parentHash: hash };
    },
  };

  expect(await ancestorsIn(node, catalogue)).toEqual(
    manifests
      .slice(8, 40)
      .map(({ id }) => id)
      .reverse(),
  );
});
