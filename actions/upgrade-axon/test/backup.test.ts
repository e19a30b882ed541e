import type { Manifest } from "@playbook/backup";
import { ageOf, judgeBackup } from "../src/backup.ts";

const HOUR = 3_600_000;

const manifest = { id: "b-1", chain: { genesisHash: "0xaa" } } as Pick<Manifest, "id" | "chain">;
const young = { age: HOUR, limit: 24 * HOUR, genesis: "0xaa" };

test("a backup that is young and of this chain is enough", () => {
  expect(judgeBackup(manifest, young)).toBeUndefined();
  expect(judgeBackup(manifest, { ...young, genesis: null })).toBeUndefined();
});

test("one that is too old, or of another chain, is not", () => {
  const judged = (changes: Partial<typeof young>) => () =>
    judgeBackup(manifest, { ...young, ...changes });

  expect(judged({ age: 25 * HOUR })).toThrow(
    expect.objectContaining({ code: "backup-old", what: expect.stringContaining("25 h") }),
  );
  expect(judged({ genesis: "0xbb" })).toThrow(
    expect.objectContaining({ code: "backup-of-another-chain" }),
  );
});

test("a backup is as old as what is in it, however long it took to copy", () => {
  const times = { begunAt: "2026-03-01T00:00:00Z", finishedAt: "2026-03-01T20:00:00Z" };

  expect(ageOf(times, Date.parse("2026-03-02T01:00:00Z"))).toBe(25 * HOUR);
});
