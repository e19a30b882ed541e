import { type Failure, waitBefore } from "../src/retry.ts";

const now = 1_700_000_000_000;
const failed = (over: Partial<Failure>): Failure => ({
  ...{ once: false, status: 403, headers: {}, message: "" },
  ...over,
});
const inSeconds = (seconds: number) => String(now / 1_000 + seconds);

test.each<{ says: string; failure: Partial<Failure>; wait: number | undefined }>([
  {
    says: "waits as long as GitHub says",
    failure: { headers: { "retry-after": "7" } },
    wait: 7_000,
  },
  {
    says: "waits until the limit is reset",
    failure: { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": inSeconds(30) } },
    wait: 30_000,
  },
  {
    says: "sends again what a limit refused, whatever it is",
    failure: { once: true, status: 429, headers: { "retry-after": "1" } },
    wait: 1_000,
  },
  {
    says: "waits a minute for a limit that names no time",
    failure: { message: "You have exceeded a secondary rate limit." },
    wait: 60_000,
  },
  {
    says: "does not wait longer than a job should",
    failure: { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": inSeconds(3_000) } },
    wait: undefined,
  },
  { says: "sends a read again after a broken reply", failure: { status: 502 }, wait: 1_000 },
  { says: "sends a read again after none", failure: { status: undefined }, wait: 1_000 },
  {
    says: "does not make twice what may have been made",
    failure: { once: true, status: undefined },
    wait: undefined,
  },
  {
    says: "takes a refusal for what it is",
    failure: { headers: { "x-ratelimit-remaining": "4999" } },
    wait: undefined,
  },
  { says: "does not ask again for what is not there", failure: { status: 404 }, wait: undefined },
])("$says", ({ failure, wait }) => {
  expect(waitBefore(failed(failure), 1, now)).toBe(wait);
});

test("each wait for a broken reply is longer, and there is a last one", () => {
  const waits = [1, 2, 3, 4, 5].map((tried) => waitBefore(failed({ status: 502 }), tried, now));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, undefined]);
});
