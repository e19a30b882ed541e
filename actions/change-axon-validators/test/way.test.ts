import { type Build, readMetadata } from "@playbook/axon";
import { METADATA } from "../../../packages/axon/test/vectors.ts";
import { duration, lastBlock, wayOf } from "../src/way.ts";

const metadata = { ...readMetadata(METADATA), version: { start: 1n, end: 100n } };
const later = { ...metadata, epoch: 4n, version: { start: 401n, end: 500n } };

const chain = (over: Partial<Parameters<typeof wayOf>[0]> = {}) => ({
  ...{ builds: new Set<Build>(["axon"]), metadata, head: 10, appended: null },
  ...over,
});
const terms = { blocks: null, wait: 3_600_000 };

test("el-axon takes another set with the next block", () => {
  expect(wayOf(chain({ builds: new Set(["el-axon"]) }), terms)).toEqual({ kind: "at-once" });
});

test("Axon takes it with an epoch after the last that there is; the genesis makes two", () => {
  expect(wayOf(chain(), terms)).toEqual({ kind: "epoch", epoch: 2n, start: 201n, end: 300n });
  expect(wayOf(chain({ metadata: later, head: 450 }), { ...terms, blocks: 1_000n })).toEqual({
    ...{ kind: "epoch", epoch: 5n, start: 501n, end: 1_500n },
  });
});

test("an epoch that was appended here and has not begun is known", () => {
  const appended = { epoch: 2n, start: 201n, end: 250n };
  const next = wayOf(chain({ appended }), terms);
  expect(next).toMatchObject({ epoch: 3n, start: 251n });
  expect(lastBlock({ metadata, appended })).toBe(249n);
  expect(lastBlock({ metadata: later, appended })).toBe(499n);
});

test("an epoch that begins too late is refused with the time that it takes", () => {
  const far = { ...metadata, version: { start: 1n, end: 100_000_000n } };
  expect(() => wayOf(chain({ metadata: far }), terms)).toThrow(
    expect.objectContaining({ code: "epoch-too-far", why: expect.stringContaining("19 years") }),
  );
});

test("a chain of two builds is left alone", () => {
  expect(() => wayOf(chain({ builds: new Set(["axon", "el-axon"]) }), terms)).toThrow(
    expect.objectContaining({ code: "builds-mixed" }),
  );
});

test.each([
  [5_000, "5 s"],
  [130_000, "2 min"],
  [10_800_000, "3 h"],
  [259_200_000, "3 days"],
])("%i ms are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});
