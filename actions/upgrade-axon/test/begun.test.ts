import type { Entry } from "@playbook/rollout";
import { goesOnForking, goesOnRolling } from "../src/begun.ts";

const left: Entry = { run: "killed", direction: "forward", from: 3, outcome: "" };
const leftBack: Entry = { ...left, direction: "back", outcome: "interrupted" };
const pending = { height: 100, features: ["Andromeda"] };

test.each([
  ["nothing was begun", undefined, true, false],
  ["this very release was begun", left, true, true],
  ["Helm has applied another release, or none yet", left, false, false],
  ["the one before it is on its way back", leftBack, false, true],
])("whether a rollout goes on where %s", (_, unfinished, isApplied, goesOn) => {
  expect(goesOnRolling(unfinished, isApplied)).toBe(goesOn);
});

test.each([
  ["nobody is prepared", undefined, null, 50, false],
  ["nobody is prepared yet for what was begun", left, null, 50, false],
  ["it is ahead", left, pending, 99, true],
  ["it is ahead, and the run before ended in good order", undefined, pending, 99, true],
  ["its block came without it", undefined, pending, 100, false],
  ["it is being called off", leftBack, null, 50, true],
])("whether a fork goes on where %s", (_, unfinished, pending, head, goesOn) => {
  expect(goesOnForking(unfinished, pending, head)).toBe(goesOn);
});
