import { progressLine, sampled, secondsLeft, speedOf, time } from "../src/progress.ts";
import type { Status } from "../src/status.ts";

const status: Status = {
  ...{ synced: false, health: "healthy", fatalError: null, nonFatalErrors: [] },
  ...{ block: 4_000, at: null, head: 10_000, entities: "5", paused: false },
};

const samples = [
  { at: 0, block: 1_000, head: 9_990 },
  { at: 10_000, block: 4_000, head: 10_000 },
];

test("it tells the blocks, the speed, and when it will have caught up with a head that moves", () => {
  expect(speedOf(samples)).toBe(300);
  expect(secondsLeft(samples)).toBeCloseTo(6_000 / 299);
  expect(progressLine("nexus", status, samples)).toBe(
    "nexus: block 4,000 of 10,000, 300 blocks/s, about 21 s left.",
  );
});

test("of what does not come nearer no end is told", () => {
  const still = samples.map((one) => ({ ...one, block: 10 }));
  expect(secondsLeft(still)).toBeUndefined();
  expect(progressLine("nexus", status, still)).toBe("nexus: block 4,000 of 10,000.");
});

test("old samples do not count", () => {
  const now = 20 * 60_000;
  expect(sampled(samples, status, now)).toEqual([{ at: now, block: 4_000, head: 10_000 }]);
});

test.each([
  { now: "nothing", given: null, line: "the node has not begun it" },
  { now: "no block", given: { ...status, block: null }, line: "before its first block" },
  { now: "a pause", given: { ...status, paused: true }, line: "paused on the node" },
  {
    now: "an error that may pass",
    given: {
      ...status,
      fatalError: { message: "no peer", block: 1, handler: null, deterministic: false },
    },
    line: "tries again after an error: no peer",
  },
])("of $now it says so", ({ given, line }) => {
  expect(progressLine("nexus", given, [])).toContain(line);
});

test.each([
  [12, "12 s"],
  [120, "2 min"],
  [7_000, "1.9 h"],
])("%s s are %s", (seconds, text) => {
  expect(time(seconds)).toBe(text);
});
