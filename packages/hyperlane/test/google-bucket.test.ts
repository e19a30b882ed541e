import { contextForTests } from "@playbook/action/testing";
import { findCheckpoint, findLatest, isFlagged, lookIntoBucket, placeOf } from "../src/index.ts";
import { startGoogleStorage } from "./google-storage.ts";

const place = { google: "signatures" };
const context = contextForTests();

test.each([
  ["gs://signatures/gcsAnnouncementKey", place],
  ["gs://signatures/folder/gcsAnnouncementKey", { ...place, folder: "folder" }],
  ["gs://signatures", undefined],
  ["gs://signatures/a/b/gcsAnnouncementKey", undefined],
])("%s is read as relayers read it", (location, expected) => {
  expect(placeOf(location)).toEqual(expected);
});

test("what a bucket of Google's has is read by the names that it has there", async () => {
  const objects = new Map([["signatures/gcsLatestIndexKey", "41"]]);
  using store = await startGoogleStorage(objects);
  const asking = { google: store.url, context };

  const open = { access: "open", latest: 41 };
  expect(await lookIntoBucket(place, asking)).toEqual({ ...open, isFlagged: false });
  expect(await findLatest(place, asking)).toBe(41);
  expect(await isFlagged(place, asking)).toBe(false);
  expect(await findCheckpoint(place, 41, asking)).toBe("It has not signed index 41.");

  objects.set("signatures/gcsReorgFlagKey", "{}");
  objects.set("signatures/checkpoint_41_with_id.json", "{}");
  expect(await lookIntoBucket(place, asking)).toEqual({ ...open, isFlagged: true });
  expect(await isFlagged(place, asking)).toBe(true);
  expect(await findCheckpoint(place, 41, asking)).toBe("Its file is no checkpoint.");
});

test("what is in a folder is read there, and a flag counts at the root as well", async () => {
  const objects = new Map([
    ["signatures/gcsLatestIndexKey", "41"],
    ["signatures/a/gcsLatestIndexKey", "7"],
    ["signatures/a/checkpoint_7_with_id.json", "{}"],
  ]);
  using store = await startGoogleStorage(objects);
  const asking = { google: store.url, context };
  const [one, other] = ["a", "b"].map((folder) => ({ ...place, folder }));
  if (!one || !other) throw new Error("there are two folders");

  expect(await lookIntoBucket(one, asking)).toMatchObject({ latest: 7, isFlagged: false });
  expect(await findCheckpoint(one, 7, asking)).toBe("Its file is no checkpoint.");
  expect(await findLatest(other, asking)).toBeNull();

  objects.set("signatures/a/gcsReorgFlagKey", "{}");
  expect(await isFlagged(one, asking)).toBe(true);
  expect(await isFlagged(other, asking)).toBe(false);
  objects.set("signatures/gcsReorgFlagKey", "{}");
  expect(await isFlagged(other, asking)).toBe(true);
  expect(await lookIntoBucket(other, asking)).toMatchObject({ isFlagged: true });
});

test("a store of Google's that is away is told as a bucket is", async () => {
  const asking = { google: "http://127.0.0.1:9", context };
  expect(await findCheckpoint(place, 4, asking)).toContain(
    "Its bucket signatures cannot be reached",
  );
  expect(await findLatest(place, asking)).toBeNull();
});
