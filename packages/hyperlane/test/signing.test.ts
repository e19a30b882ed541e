import { type SigningSight, silenceOf } from "../src/index.ts";

const well: SigningSight = { isReady: true, isAnnounced: true, latest: 6, before: 6, count: 7 };

test.each<[string, Partial<SigningSight>, string | undefined]>([
  ["has all that is to be signed", {}, undefined],
  ["has nothing to sign", { latest: null, before: null, count: 0 }, undefined],
  ["is ahead of what was counted", { latest: 9 }, undefined],
  ["is behind, and goes on", { latest: 5, before: 4 }, undefined],
  ["is behind, and stands still", { latest: 5, before: 5 }, "It has signed 6 of 7 messages."],
  ["has signed nothing", { latest: null, before: null }, "It has signed 0 of 7 messages."],
  ["is not there", { isReady: false }, "Its pod is not ready."],
  ["is not announced", { isAnnounced: false }, "It has not announced its bucket."],
])("a validator that %s", (_, over, why) => {
  expect(silenceOf({ ...well, ...over })).toBe(why);
});
