import { contextForTests } from "@playbook/action/testing";
import { file, own, right as signed } from "../../../packages/hyperlane/test/checkpoint-file.ts";
import { startGoogleStorage } from "../../../packages/hyperlane/test/google-storage.ts";
import { account } from "../../../packages/hyperlane/test/wishes.ts";
import { flaggedAmong, latestOf, signingOf } from "../src/signing.ts";

const word = `0x${"12".repeat(32)}` as const;
const right = { merkleTreeHook: account(3), domain: 5, root: word, index: 4 };

test.each([
  [undefined, "It has not announced where it signs."],
  ["file:///checkpoints", "It signs where nobody looks: file:///checkpoints"],
  ["gs://bucket/a/b/c", "It signs where nobody looks: gs://bucket/a/b/c"],
])("a validator that has announced %s", async (location, flaw) => {
  const signing = await signingOf(account(11), location, right, contextForTests());
  expect(signing).toMatchObject({ flaw, signature: null });
});

test("a validator that signs in a bucket of Google's is looked at as any other", async () => {
  const objects = new Map([
    ["bucket/folder/checkpoint_4_with_id.json", await file()],
    ["bucket/folder/gcsLatestIndexKey", "4"],
    ["bucket/gcsReorgFlagKey", "{}"],
  ]);
  using store = await startGoogleStorage(objects);
  process.env.STORAGE_EMULATOR_HOST = store.url;
  try {
    const location = "gs://bucket/folder/gcsAnnouncementKey";
    const context = contextForTests();
    expect(await signingOf(own, location, signed, context)).toMatchObject({ flaw: null });
    expect(await latestOf(location, context)).toBe(4);
    expect(await flaggedAmong(new Map([[own, location]]), context)).toEqual([own]);
  } finally {
    delete process.env.STORAGE_EMULATOR_HOST;
  }
});
