import { excess, grants, parsePermissions, readOnly } from "../src/runner/permissions.ts";

test("no block and an empty block are not the same", () => {
  expect(parsePermissions(undefined)).toBeUndefined();
  expect(parsePermissions({})).toEqual({});
  expect(parsePermissions(null)).toEqual({});
});

test("read-all and write-all reach every scope", () => {
  expect(grants(parsePermissions("read-all") ?? {}, "deployments", "read")).toBe(true);
  expect(grants(parsePermissions("read-all") ?? {}, "deployments", "write")).toBe(false);
  expect(grants(parsePermissions("write-all") ?? {}, "id-token", "write")).toBe(true);
});

test("a scope or a level that GitHub does not know is an error", () => {
  expect(() => parsePermissions({ content: "read" })).toThrow("'content: read'");
  expect(() => parsePermissions({ contents: "admin" })).toThrow("'contents: admin'");
});

test.each([
  { says: "the same is no excess", asked: { contents: "read" }, allowed: { contents: "read" } },
  { says: "less is no excess", asked: { contents: "read" }, allowed: { contents: "write" } },
  { says: "none is no excess", asked: { contents: "none" }, allowed: {} },
] as const)("$says", ({ asked, allowed }) => {
  expect(excess(asked, allowed)).toBeUndefined();
});

test("excess is told scope by scope, beside what is allowed", () => {
  const asked = { contents: "read", "id-token": "write", issues: "write" } as const;

  expect(excess(asked, { contents: "read", issues: "read" })).toEqual({
    requested: "id-token: write, issues: write",
    allowed: "id-token: none, issues: read",
  });
});

test("a fork writes nothing and proves no identity", () => {
  const capped = readOnly({ "pull-requests": "write", "id-token": "write", contents: "read" });

  expect(capped).toMatchObject({ "pull-requests": "read", "id-token": "none", contents: "read" });
  expect(grants(capped, "issues", "read")).toBe(false);
});
