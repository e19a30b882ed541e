import { suits, versionIn } from "../../src/plan/toolchain.ts";

test.each([
  ["1.7.1", true],
  ["1.7.0", true],
  ["1.12.0", true],
  ["1.6.9", false],
  ["0.3.0", false],
  ["2.0.0", false],
])("forge %s suits: %s", (version, expected) => {
  expect(suits(version)).toBe(expected);
});

test("the version is found in what the programs say", () => {
  expect(versionIn("forge Version: 1.7.1-stable\nCommit SHA: 4072e48")).toBe("1.7.1");
  expect(versionIn("bash: forge: not found")).toBeUndefined();
});
