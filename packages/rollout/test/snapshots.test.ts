import type { KubeClient } from "@playbook/kube";
import { SnapshotFailures, Snapshots } from "../src/index.ts";
import type { Post } from "../src/layout.ts";
import { liveSet } from "./cluster-objects.ts";

const MINUTE = 60_000;

const snapshot = (uid: string, message?: string) => ({
  metadata: { name: `before-${uid}`, uid },
  status: { error: message === undefined ? null : { message } },
});

test("a snapshot that fails for minutes is given up, in its driver's words", () => {
  const failures = new SnapshotFailures();
  const look = (now: number) => failures.check([snapshot("a"), snapshot("b", "no class")], now);

  look(0);
  look(MINUTE);
  expect(() => look(2 * MINUTE)).toThrow(
    expect.objectContaining({
      code: "snapshot-failed",
      what: expect.stringContaining("before-b"),
      why: "no class",
    }),
  );
});

test("what a driver does at another try counts for nothing", () => {
  const failures = new SnapshotFailures();

  failures.check([snapshot("a", "busy")], 0);
  failures.check([snapshot("a")], MINUTE);
  failures.check([snapshot("a", "busy")], 2 * MINUTE);
  failures.check([snapshot("a", "busy")], 3 * MINUTE);
});

test.each([
  ["that was not begun", "pending", {}],
  ["that is copied away", "taken", { creationTime: "2026-01-01T00:00:00Z", readyToUse: false }],
  ["of which the driver tells the end alone", "taken", { readyToUse: true }],
])("a snapshot %s is %s", async (_, state, status) => {
  const there = [{ metadata: { name: "axon-v0-0-before-new" }, status }];
  const kube = { list: async () => there } as unknown as KubeClient;
  const snapshots = new Snapshots(kube, { namespace: "chain", wanted: true });
  const post = { place: { pod: "axon-v0-0", set: liveSet("axon-v0") } } as Post;

  await snapshots.refresh();

  expect(snapshots.stateOf(post)).toBe(state);
});
