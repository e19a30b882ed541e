import { planError } from "../src/plan-error.ts";

test("an error of a plan is carried over line by line", () => {
  const said =
    'It does not compile.\n  why:  Error (6933): Expected expression\n\t--> src/A.sol:1:"ü"';
  expect(planError(said)).toBe(said);
});

test("nothing in it moves a cursor, ends a line early or turns its direction", () => {
  expect(planError("a\u001b[2Jb\rc\u0000d\u202ee\u2066f")).toBe("a[2Jbcdef");
});

test("a long one is cut", () => {
  expect(planError("x".repeat(100_000))).toBe(`${"x".repeat(4_000)}\n…`);
});
