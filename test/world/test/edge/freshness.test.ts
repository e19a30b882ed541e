import { mayBeStale, secondsToKeep, secondsToKeepError } from "../../src/edge/freshness.ts";

const NOW = Date.parse("2026-11-24T00:00:00Z");
const policy = { min: 0, default: 60, max: 1_000, gzip: true, brotli: true };

test.each<[string, Record<string, string>, number | undefined]>([
  ["the shared age before the viewer's", { "cache-control": "max-age=5, s-maxage=7" }, 7],
  ["no longer than the policy allows", { "cache-control": "public, max-age=31536000" }, 1_000],
  ["until it expires", { expires: "Tue, 24 Nov 2026 00:00:30 GMT" }, 30],
  ["as the policy says when nothing else does", {}, 60],
  ["to be asked about when it is no-cache", { "cache-control": "no-cache" }, 0],
  ["not at all when it is private", { "cache-control": "private, max-age=9" }, undefined],
  ["not at all when it is not to be stored", { "cache-control": "no-store" }, undefined],
])("a response is kept %s", (_, headers, seconds) => {
  expect(secondsToKeep(headers, policy, NOW)).toBe(seconds);
});

test.each(["no-cache", "no-store", "private", "max-age=1"])(
  "a policy's least time goes before %s",
  (says) => {
    expect(secondsToKeep({ "cache-control": says }, { ...policy, min: 30 }, NOW)).toBe(30);
  },
);

test.each<[string, number, Record<string, string>, number | undefined]>([
  ["a missing file ten seconds", 404, {}, 10],
  ["a failure ten seconds", 503, {}, 10],
  ["a denial not at all", 403, {}, undefined],
  ["a denial when the origin says how long", 403, { "cache-control": "max-age=20" }, 20],
  ["an error no less than ten seconds", 404, { "cache-control": "max-age=1" }, 10],
])("of errors it keeps %s", (_, status, headers, seconds) => {
  expect(secondsToKeepError(status, headers, new Map(), NOW)).toBe(seconds);
});

test("an error is kept as long as its distribution says", () => {
  expect(secondsToKeepError(403, {}, new Map([[403, 1]]), NOW)).toBe(1);
});

test("what must be asked about is not served stale", () => {
  expect(mayBeStale({ "cache-control": "max-age=1" })).toBe(true);
  expect(mayBeStale({ "cache-control": "no-cache" })).toBe(false);
});
