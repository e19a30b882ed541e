import { SnapshotFailures } from "../src/index.ts";

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
