import { ActionError, explain, reason } from "../src/error.ts";

test("an error on purpose is read as three labelled lines and its code", () => {
  const error = new ActionError("no-luck", { what: "It failed.", why: "So.", next: "Try again." });

  expect(explain(error)).toBe("It failed.\n  why:  So.\n  next: Try again.\n  code: no-luck");
});

test.each([new Error("first\nsecond"), { message: "first" }, "first", { code: "first" }])(
  "of whatever was thrown, the first line is the reason",
  (error) => {
    expect(reason(error)).toBe("first");
  },
);

test.each([undefined, null])("even %s has a reason", (error) => {
  expect(reason(error)).toBe(String(error));
});
