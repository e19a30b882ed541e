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
