import type { Metadata } from "@playbook/axon";
import { handleOf } from "../src/imported.ts";
import { checkSame } from "../src/nodes.ts";
import { checkNext, newcomersText, orderOf } from "../src/ready.ts";
import type { Rendered } from "../src/target.ts";
import { votersOver } from "../src/voters.ts";

test("nodes with one block of a height are of one chain", () => {
  checkSame(
    7,
    new Map([
      ["a", "0x1"],
      ["b", "0x1"],
    ]),
  );
  expect(() =>
    checkSame(
      7,
      new Map([
        ["a", "0x1"],
        ["b", "0x2"],
      ]),
    ),
  ).toThrow(expect.objectContaining({ code: "restored-splits", why: "a: 0x1\nb: 0x2" }));
});

const run = (ids: string[]) => ids.map((validator) => ({ validator }) as Rendered);

test("a chain whose validators are too few for a block is not started, and the missing ones are named", () => {
  const set = ["a", "b", "c", "d"].map((id) => ({ id, weight: 1 }));
  expect(orderOf([set], run(["d", "c", "a", "x"]))).toEqual({ groups: [["a", "c"]], last: "d" });
  expect(() => orderOf([set], run(["a", "c", "x"]))).toThrow(
    expect.objectContaining({
      code: "too-few-validators",
      why: "A block needs 3 votes. Without a node are: b, d.",
    }),
  );
});

test("a chain of which one validator makes blocks alone is not started: it would part from what is restored", () => {
  const set = [
    { id: "a", weight: 1 },
    { id: "b", weight: 7 },
  ];
  expect(() => orderOf([set], run(["a", "b"]))).toThrow(
    expect.objectContaining({ code: "one-is-enough", what: expect.stringContaining("b has 7") }),
  );
});

test("that one made blocks alone in a set that is over is said of that set", () => {
  const setOf = (ids: string) => [...ids].map((id) => ({ id, weight: 1 }));
  expect(() => orderOf([setOf("abcde"), setOf("c"), setOf("abcde")], run([..."abcde"]))).toThrow(
    expect.objectContaining({
      code: "one-is-enough",
      what: "Validator c has 1 of 1 votes.",
      why: expect.stringContaining("in a set that voted since"),
      next: expect.stringContaining("`base`"),
    }),
  );
});

test("validators that came since what they begin with are told of: axonweb3's lack their keys", () => {
  const setOf = (ids: string) => [...ids].map((id) => ({ id, weight: 1 }));
  const told = (...sets: string[]) => newcomersText(sets.map(setOf));
  expect(told("abcd", "abcde")).toContain("starts anew on its way");
  expect(told("abcd", "abce")).toContain("starts anew on its way");
  expect(told("abcd", "dcba")).toBe("");
  expect(told("abcde", "abcd")).toBe("");
  expect(told()).toBe("");
});

test("all who have voted since validators' data end count: of a set in between no group makes blocks", async () => {
  const epochs = ["abcde", "abcd", "abcd", "abcdf"].map((ids, at) => ({
    version: { start: BigInt(at * 10), end: BigInt(at * 10 + 9) },
    verifier_list: [...ids].map((id) => ({ pub_key: id, vote_weight: 1 })),
  }));
  const asked: number[] = [];
  const read = async (height: number) => {
    asked.push(height);
    return epochs[Math.floor(height / 10)] as unknown as Metadata;
  };

  const sets = await votersOver(read, 4, 33);
  const ids = sets.map((set) => set.map(({ id }) => id).join(""));
  expect(ids).toEqual(["abcde", "abcd", "abcdf"]);
  expect(asked).toEqual([4, 9, 10, 19, 20, 29, 30, 33]);
  const { groups, last } = orderOf(sets, run([..."abcdf"]));
  const ofFour = groups.map((group) => group.filter((id) => "abcd".includes(id)).length);
  expect(Math.max(...ofFour)).toBeLessThanOrEqual(2);
  expect([...groups.flat(), last].sort()).toEqual([..."abcdf"]);
  expect(await votersOver(read, 33, 33)).toHaveLength(1);
});

/** What el-axon says in one epoch of a hundred blocks: changes are lists from a block on. */
function elAxon(changes: Record<number, string>) {
  const asked: number[] = [];
  const read = async (height: number) => {
    asked.push(height);
    let list = "abcde";
    let counters = list.length;
    for (const next of Object.entries(changes).flatMap(([at, ids]) =>
      Number(at) <= height ? [ids] : [],
    )) {
      counters += [...next].filter((id) => !list.includes(id)).length;
      list = next;
    }
    return {
      version: { start: 0n, end: 99n },
      verifier_list: [...list].map((id) => ({ pub_key: id, vote_weight: 1 })),
      propose_counter: Array.from({ length: counters }, () => ({ address: "0x" })),
    } as unknown as Metadata;
  };
  return { asked, read };
}

test.each<[what: string, changes: Record<number, string>, sets: string[]]>([
  ["a set of few", { 41: "ab", 42: "abcde" }, ["abcde", "ab", "abcde"]],
  ["one that became so", { 7: "abcd", 8: "abc", 70: "abcde" }, ["abcde", "abcd", "abc", "abcde"]],
  ["a newcomer who left", { 30: "abcdef", 31: "abcde" }, ["abcde", "abcdef", "abcde"]],
])("%s that voted within an epoch and was changed back is seen", async (_, changes, expected) => {
  const { read, asked } = elAxon(changes);

  const sets = await votersOver(read, 2, 98);

  expect(sets.map((set) => set.map(({ id }) => id).join(""))).toEqual(expected);
  expect(asked.length).toBeLessThan(40);
});

test("a backup whose block is the last one of its validators is not restored: its nodes would stand still", () => {
  const setOf = (ids: string) => [...ids].map((id) => ({ id, weight: 1 }));
  const at = { id: "20260101t000000z-1", block: { height: 20 } };
  const after = (now: string, next?: string) => () =>
    checkNext(setOf(now), next === undefined ? undefined : setOf(next), at);

  expect(after("abcde", "abcdef")).toThrow(
    expect.objectContaining({
      code: "backup-ends-epoch",
      what: expect.stringContaining("Block 20 of backup 20260101t000000z-1"),
    }),
  );
  expect(after("abcde", "abcd")).toThrow(expect.objectContaining({ code: "backup-ends-epoch" }));
  expect(after("abcde", "abcde")).not.toThrow();
  expect(after("abcde")).not.toThrow();
});

test("a backup that is in the bucket alone is restored from there", () => {
  const id = "20260101t000000z-1";
  expect(handleOf({ id, snapshot: { name: "s", handle: "snap-1" } })).toBe("snap-1");
  for (const snapshot of [null, { name: "s", handle: "" }]) {
    expect(() => handleOf({ id, snapshot })).toThrow(
      expect.objectContaining({ code: "no-snapshot" }),
    );
  }
});
