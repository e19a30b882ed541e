import { type SigningSight, silenceOf } from "../src/index.ts";

const there = { isThere: true, flaw: null } as const;
const missing = { isThere: false } as const;
const well: SigningSight = {
  ...{ isReady: true, isAnnounced: true, latest: 6, before: 6, count: 7 },
  newest: there,
};

test.each<[string, Partial<SigningSight>, string | undefined]>([
  ["has all that is to be signed", {}, undefined],
  ["has nothing to sign", { latest: null, before: null, count: 0, newest: missing }, undefined],
  ["is ahead of what was counted", { latest: 9 }, undefined],
  ["is behind, and goes on", { latest: 5, before: 4, newest: missing }, undefined],
  [
    "is behind, and stands still",
    { latest: 5, before: 5, newest: missing },
    "It has signed 6 of 7 messages.",
  ],
  [
    "has signed nothing",
    { latest: null, before: null, newest: missing },
    "It has signed 0 of 7 messages.",
  ],
  [
    "has a file that says more than was counted, and no signature",
    { latest: 41, before: 41, newest: missing },
    "It has not signed index 6.",
  ],
  [
    "signs what is wrong, however fast",
    { latest: 6, before: 2, newest: { isThere: true, flaw: "It has another root than the tree." } },
    "Its signature of index 6 does not count. It has another root than the tree.",
  ],
  ["is not there", { isReady: false }, "Its pod is not ready."],
  [
    "has announced another place after its bucket",
    { isAnnounced: false, elsewhere: "s3://two/us-east-1" },
    "Relayers look at s3://two/us-east-1, which it has announced since.",
  ],
  ["is not announced", { isAnnounced: false }, "It has not announced its bucket."],
])("a validator that %s", (_, over, why) => {
  expect(silenceOf({ ...well, ...over })).toBe(why);
});
