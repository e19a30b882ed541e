import { enduranceOf, hasQuorum, quorum, stallLimit, tolerance } from "@playbook/bft";

const equal = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `v${index}`, weight: 1 }));

describe("a quorum", () => {
  test.each([
    [4, 3, 1, 0],
    [5, 4, 1, 0],
    [6, 5, 1, 0],
    [7, 5, 2, 1],
    [10, 7, 3, 2],
  ])(
    "of %i validators is %i; %i may fail, %i while one is replaced",
    (count, votes, rest, upgrade) => {
      const set = equal(count);

      expect(quorum(set)).toBe(votes);
      expect(enduranceOf(set)).toEqual({
        validators: count,
        quorum: votes,
        atRest: rest,
        upgrading: upgrade,
      });
    },
  );

  test("is of weights and not of heads", () => {
    const set = [
      { id: "heavy", weight: 4 },
      { id: "a", weight: 1 },
      { id: "b", weight: 1 },
      { id: "c", weight: 1 },
    ];

    expect(hasQuorum(set, new Set(["heavy", "a"]))).toBe(true);
    expect(hasQuorum(set, new Set(["a", "b", "c"]))).toBe(false);
    expect(tolerance(set)).toBe(0);
    expect(tolerance(set, "heavy")).toBe(-1);
    expect(enduranceOf(set)).toMatchObject({ atRest: 0, upgrading: -1 });
  });

  test("of nobody commits nothing, and a stranger's vote does not count", () => {
    expect(hasQuorum([], new Set())).toBe(false);
    expect(hasQuorum(equal(3), new Set(["v0", "v1", "stranger"]))).toBe(false);
  });
});

describe("the time after which a chain stands still", () => {
  test("grows with each absent validator, whose turn to lead is waited out", () => {
    const timing = { interval: 3000, round: 10_500, doublings: 5 };

    expect(stallLimit(timing, 0)).toBe(2 * (3000 + 10_500));
    expect(stallLimit(timing, 1)).toBe(2 * (3000 + 10_500 + 21_000));
    expect(stallLimit(timing, 2) - stallLimit(timing, 1)).toBe(2 * 42_000);
  });
});
