import { fit, outputText, table } from "../src/report.ts";

test("a summary within GitHub's limit is left alone", () => {
  expect(fit("short", "the log")).toBe("short");
});

test("a longer one is cut at a line's end and says where the whole is", () => {
  const cut = fit(`${"line\n".repeat(100)}`, "the artifact", 120);

  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(120);
  expect(cut).toMatch(/line\n\n\*Cut here: the whole is in the artifact\.\*\n$/);
});

test("a table survives pipes and line ends in its cells", () => {
  expect(table(["a", "b"], [["x|y", "one\ntwo"]])).toBe(
    "| a | b |\n|---|---|\n| x\\|y | one two |",
  );
});

test("outputs that are not strings are JSON, with bigints in decimal", () => {
  expect(outputText({ wei: 10n ** 18n })).toBe('{"wei":"1000000000000000000"}');
});
