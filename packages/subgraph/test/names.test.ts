import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { isName, ownName } from "../src/names.ts";

test.each(["nexus", "acme/nexus", "acme/nexus-2", "a_b/c"])("%s is a name", (name) => {
  expect(isName(name)).toBe(true);
});

test.each(["", "/", "acme/", "-a", "a-", "a b", "v1.2", "acme/graphql", "graphql", "acme/1", "é"])(
  "graph-node takes no %s",
  (name) => {
    expect(isName(name)).toBe(false);
  },
);

test("graph-node takes names of 255 characters, and none of one more", () => {
  expect(isName("a".repeat(255))).toBe(true);
  expect(isName("a".repeat(256))).toBe(false);
});

test("a release's own name keeps of the release what the node takes", () => {
  expect(ownName("acme/nexus", "v1.2.0")).toBe("acme/nexus-v1-2-0");
  expect(ownName("acme/nexus", "release/2026 (second)")).toBe("acme/nexus-release-2026-second");
});

test("whatever a release is called, graph-node takes its own name", () => {
  const release = fc.string({ maxLength: 100 }).filter((text) => /[A-Za-z0-9]/.test(text));
  fc.assert(
    fc.property(release, (name) => {
      expect(isName(ownName("acme/nexus", name))).toBe(true);
    }),
    chance(),
  );
});
