import { storyText } from "../src/index.ts";

const told = (...log: string[]) => storyText({ pod: "one-0", events: ["BackOff: again"], log });

test("what a pod has said stays text, whatever it says", () => {
  expect(told("```", "</details>")).toBe(
    [
      "<details><summary>one-0: last events and log lines</summary>",
      "",
      "```text",
      ...["BackOff: again", "", "'''", "</details>"],
      "```",
      "",
      "</details>",
    ].join("\n"),
  );
});

test("of the URLs in its log the hosts alone are told", () => {
  const text = told("error sending request for url (https://rpc.example/v2/a-secret): refused");

  expect(text).toContain("url (https://rpc.example/…): refused");
});

test("of a line that holds all that a program was told it shows how it begins", () => {
  const lines = told(`told: ${"x".repeat(100_000)}`, "and why it ends").split("\n");

  expect(lines).toContain(`told: ${"x".repeat(994)}…`);
  expect(lines).toContain("and why it ends");
});
