import type { Deployment, Plan } from "@playbook/evm";
import { checkDivision, checkSequence, isLast, partOf } from "../src/parts.ts";

const LINES = ["script/One.s.sol", "script/Two.s.sol"];
const named = { repository: "acme/vault", environment: "production", release: "v1" };

const part = (number: number, scripts = LINES) =>
  ({ deployment: { ...named, part: number }, stepwise: { scripts, after: null } }) as Plan;
const whole = { deployment: named } as Plan;

const refusal = (check: () => void) => {
  try {
    check();
    return null;
  } catch (error) {
    const { code, what, why, next } = error as Record<string, string>;
    return { code, what, why, next };
  }
};

test("a part is called by its number and how many there are, a whole release by neither", () => {
  expect(partOf(part(2))).toBe("part 2 of 2");
  expect(partOf(whole)).toBe("");
});

test("a release ends with its last part, or is whole", () => {
  expect([part(1), part(2), whole].map(isLast)).toEqual([false, true, true]);
});

describe("a release goes on as it began", () => {
  test.each<[Plan, Deployment]>([
    [whole, named],
    [part(1), { ...named, part: 1 }],
  ])("which is fine: %#", (plan, wanted) => {
    expect(refusal(() => checkDivision(plan, wanted))).toBeNull();
  });

  test("and not as a whole after a part", () => {
    expect(refusal(() => checkDivision(part(1), named))).toEqual({
      code: "release-divided",
      what: "The release acme/vault production v1 was begun stepwise, script by script.",
      why: "This run is for all of it, and a release goes on as it began.",
      next: "Give `stepwise` as the run that began it, or give this release another name.",
    });
  });

  test("and not with a part after a whole", () => {
    expect(refusal(() => checkDivision(whole, { ...named, part: 1 }))).toEqual({
      code: "release-divided",
      what: "The release acme/vault production v1 was begun as a whole.",
      why: "This run is for part 1, and a release goes on as it began.",
      next: "Leave `stepwise` out as the run that began it, or give this release another name.",
    });
  });
});

describe("the scripts of a release stay what they were", () => {
  const second = { ...named, part: 2 };

  test("which they are", () => {
    expect(refusal(() => checkSequence(part(1), second, LINES))).toBeNull();
  });

  test.each([
    [["script/One.s.sol", "script/Else.s.sol"], 2, '"script/Two.s.sol" and is "script/Else.s.sol"'],
    [[...LINES, "script/Three.s.sol"], 3, 'not there and is "script/Three.s.sol"'],
    [LINES.slice(0, 1), 2, '"script/Two.s.sol" and is not there'],
  ])("or the first line that is another is named: %#", (scripts, line, why) => {
    expect(refusal(() => checkSequence(part(1), second, scripts))).toMatchObject({
      code: "scripts-changed",
      what: `Line ${line} of \`scripts\` is another than when this release began.`,
      why: `It was ${why}.`,
    });
  });

  test("and a whole release has none to compare", () => {
    expect(refusal(() => checkSequence(whole, second, LINES))).toMatchObject({
      code: "release-divided",
      why: "This run is for part 2, and a release goes on as it began.",
    });
  });
});
