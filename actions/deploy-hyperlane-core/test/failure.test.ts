import { failureOf, leftOut } from "../src/apply/failure.ts";

const away = { name: "a", why: "It is down.", isFlawed: false };
const hijacked = { name: "b", why: "It can be upgraded by a stranger.", isFlawed: true };

test("a chain that nobody could ask fails no run: the next one has it", () => {
  expect(failureOf(leftOut({ unreached: [away] }))).toBeUndefined();
});

test("a chain that was left out since something is wrong with it does, and says what", () => {
  expect(failureOf(leftOut({ unreached: [away, hijacked] }))).toMatchObject({
    code: "chain-left-out",
    what: expect.stringContaining("b "),
    why: hijacked.why,
  });
});

test("several that are not done are one error, which has all of them", () => {
  const stopped = { name: "c", error: new Error("Its budget is used up.") };

  expect(failureOf([stopped, ...leftOut({ unreached: [hijacked] })])).toMatchObject({
    code: "chains-failed",
    why: expect.stringMatching(/Its budget is used up.\nb: .*stranger/s),
  });
});
