import { manifestOf } from "@playbook/site/testing";
import { stalePaths, within } from "../src/invalidation.ts";

test("what has changed is stale, also under the addresses of its folder", () => {
  const before = manifestOf("v1", { "index.html": "1", "docs/index.html": "1", "a b.txt": "1" });
  const made = manifestOf("v2", {
    ...{ "index.html": "2", "docs/index.html": "2", "a b.txt": "2", "new.txt": "1" },
  });
  expect(stalePaths(made, [before])).toEqual([
    ...["/", "/a%20b.txt", "/docs", "/docs/", "/docs/index.html", "/index.html"],
  ]);
});

test("what is the same, and what is new, is not", () => {
  const before = manifestOf("v1", { "index.html": "1" });
  expect(stalePaths(manifestOf("v2", { "index.html": "1", "new.txt": "1" }), [before])).toEqual([]);
  expect(stalePaths(manifestOf("v2", { "index.html": "1" }), [])).toEqual([]);
});

const many = (folder: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${folder}/${index}.html`);

test("as many paths as CloudFront takes are named one by one", () => {
  expect(within(many("/a", 3_000))).toHaveLength(3_000);
});

test("more of them are folders, with what lies beside them", () => {
  expect(within([...many("/a", 3_000), ...many("/b", 1), "/index.html"])).toEqual([
    ...["/index.html", "/a/*", "/b/*"],
  ]);
  expect(within(many("/a", 3_001))).toEqual(["/a/*"]);
});

test("more folders than CloudFront takes wildcards are everything", () => {
  const folders = Array.from({ length: 16 }, (_, index) => many(`/f${index}`, 200)).flat();
  expect(within(folders)).toEqual(["/*"]);
});
