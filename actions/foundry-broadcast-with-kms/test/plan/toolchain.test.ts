import { suits, verify, versionIn } from "../../src/plan/toolchain.ts";

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

test("a package with another digest is not used", () => {
  const digest =
    "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
  expect(() => verify(new Uint8Array(), digest, "forge")).not.toThrow();
  expect(() => verify(Buffer.from("changed"), digest, "forge")).toThrow(
    expect.objectContaining({ code: "no-foundry" }),
  );
});
