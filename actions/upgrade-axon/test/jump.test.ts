import type { Manifest } from "@playbook/release";
import { lastBlockAt, pauseAfter } from "../src/jump/outage.ts";
import { seeWayBack, volumesOf } from "../src/jump/volumes.ts";

const set = (volumeClaimTemplates: object[]): Manifest => ({
  kind: "StatefulSet",
  metadata: { name: "axon-v0" },
  spec: { volumeClaimTemplates },
});

const spec = { accessModes: ["ReadWriteOnce"] };

test("a validator's volume and its snapshot are named by its set, and the revision before", () => {
  const template = { metadata: { name: "data", labels: { app: "axon" } }, spec };

  expect(volumesOf([set([template])], 7)).toEqual([
    { claim: "data-axon-v0-0", labels: { app: "axon" }, spec, snapshot: "axon-v0-0-jump-7" },
  ]);
});

test("a validator whose volume is not of the chart's making has no way back", () => {
  expect(() => seeWayBack([set([])])).toThrow(
    expect.objectContaining({ code: "jump-claims-nothing" }),
  );
});

describe("of blocks with these timestamps", () => {
  const times = [0, 10, 13, 13, 90, 93];
  const ask = async (_: string, params: unknown[] = []) => {
    const timestamp = times[Number(params[0])];
    return { timestamp: `0x${timestamp?.toString(16)}` };
  };

  test.each([
    [9, 0],
    [10, 1],
    [13, 3],
    [89, 3],
    [1_000, 5],
  ])("the last one at second %d is %d", async (time, height) => {
    expect(await lastBlockAt(time, times.length - 1, ask)).toBe(height);
  });

  test("the pause is from one to the next", async () => {
    expect(await pauseAfter(3, ask)).toBe(77);
  });
});
