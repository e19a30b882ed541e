import { parseAnnotation } from "../src/runner/annotation.ts";

test.each([
  ["::error::broken", { level: "error", message: "broken" }],
  [
    "::warning title=Look%3A%2C,file=a.sol,line=3::100 %25%0Aof it\n",
    { level: "warning", message: "100 %\nof it", title: "Look:,", file: "a.sol", line: "3" },
  ],
  [
    "::error title=No arn%3Aaws%3Aiam%3A%3A1::No arn:aws:iam::1, why: x::y",
    { level: "error", title: "No arn:aws:iam::1", message: "No arn:aws:iam::1, why: x::y" },
  ],
  ["::notice ::", { level: "notice", message: "" }],
])("%j is read as GitHub reads it", (line, annotation) => {
  expect(parseAnnotation(line)).toEqual(annotation);
});

test.each(["::add-mask::secret", "error::no", "plain"])("%j is no annotation", (line) => {
  expect(parseAnnotation(line)).toBeUndefined();
});
