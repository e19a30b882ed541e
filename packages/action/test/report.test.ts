import { fit, outputText, table } from "../src/report.ts";

test("a summary within GitHub's limit is left alone", () => {
  expect(fit("short", "the log")).toBe("short");
});

test("a longer one is cut at a line's end and says where the whole is", () => {
  const cut = fit(`${"line\n".repeat(100)}`, "the artifact", 120);

  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(120);
  expect(cut).toMatch(/line\n\n\*Cut here: the whole is in the artifact\.\*\n$/);
});

test("a cut inside of code or details leaves neither open", () => {
  const whole = `<details><summary>a</summary>\n\n\`\`\`diff\n${"+ line\n".repeat(100)}\`\`\`\n\n</details>\n`;
  const text = fit(whole, "the artifact", 160);

  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(160);
  expect(text).toMatch(/\+ line\n```\n\n<\/details>\n\n\*Cut here/);
});

test("a column of words alone stands on the left, whichever words they are", () => {
  expect(
    table(
      ["revision", "was"],
      [
        ["new", 1],
        ["new", "gone"],
      ],
    ).split("\n")[1],
  ).toBe("|---|---:|");
});

test("a table survives pipes and line ends in its cells", () => {
  expect(table(["a", "b"], [["x|y", "one\ntwo"]])).toBe(
    "| a | b |\n|---|---|\n| x\\|y | one two |",
  );
});

test("columns of numbers stand on the right, where their units are one below the other", () => {
  const rows = [
    ["alpha", 23, "1.5 ETH", "5 (value)"],
    ["beta", "1,017", "", "7"],
  ];
  const [, ruler] = table(["chain", "gas", "cost", "after"], rows).split("\n");
  expect(ruler).toBe("|---|---:|---:|---|");
});

test("outputs that are not strings are JSON, with bigints in decimal", () => {
  expect(outputText({ wei: 10n ** 18n })).toBe('{"wei":"1000000000000000000"}');
});
