import type { Metadata } from "@playbook/axon";
import { epochEndIn } from "../src/epoch-end.ts";

const SECOND = 1_000;

/** Epochs of ten blocks, a block each second, with a set of validators each. */
function chainOf(epochs: readonly string[], newest: number) {
  const at = (height: number) => {
    const epoch = Math.floor(height / 10);
    if (height > newest) throw new Error(`Block ${height} is not there.`);
    return {
      version: { start: BigInt(epoch * 10), end: BigInt(epoch * 10 + 9) },
      verifier_list: [...(epochs[epoch] ?? "")].map((id) => ({ pub_key: id, vote_weight: 1 })),
    } as unknown as Metadata;
  };
  return {
    newest,
    metadata: async (height: number) => at(height),
    time: async (height: number) => height * SECOND,
  };
}

type Case = [what: string, epochs: string[], from: number, takenAt: number, end: number | null];

test.each<Case>([
  ["at the last block of an epoch", ["abcd", "abcde"], 9, 12, 9],
  ["a few blocks before it", ["abcd", "abcde"], 6, 12, 9],
  ["in an epoch before the last one that it may have", ["abcd", "abcd", "abc"], 8, 23, 19],
  ["as clocks that differ may have it", ["abcd", "abcde"], 6, 5, 9],
])("a backup that was begun %s may end with it", async (_, epochs, from, seconds, end) => {
  const chain = chainOf(epochs, 25);
  expect(await epochEndIn(chain, { from, takenAt: seconds * SECOND })).toBe(end);
});

test.each<Case>([
  ["is past it", ["abcd", "abcde", "abcde"], 10, 12, null],
  ["was snapshotted long before it", ["abcd", "abcd", "abcde"], 2, 12, null],
  ["has the same validators after it", ["abcd", "abcd", "abcd"], 9, 22, null],
])("one that %s does not", async (_, epochs, from, seconds, end) => {
  const chain = chainOf(epochs, 25);
  expect(await epochEndIn(chain, { from, takenAt: seconds * SECOND })).toBe(end);
});

test("who votes after the newest block is not asked, nor anything of a chain that is not as far", async () => {
  const ends = (newest: number) =>
    epochEndIn(chainOf(["abcd", "abcde"], newest), { from: 8, takenAt: 60 * SECOND });
  expect(await ends(9)).toBeNull();
  expect(await ends(4)).toBeNull();
  expect(await ends(10)).toBe(9);
});
