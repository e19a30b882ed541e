import type { Manifest } from "../../src/preflight/manifest.ts";
import { checkRendering } from "../../src/preflight/rendering.ts";

const map = (name: string, value: string): Manifest => ({
  ...{ kind: "ConfigMap", metadata: { name }, data: { value } },
});

const found = (once: Manifest[], again: Manifest[], unseen?: string) =>
  checkRendering({ once, again, unseen });

test("a chart that renders the same each time is nothing to be told", () => {
  expect(found([map("a", "1"), map("b", "2")], [map("b", "2"), map("a", "1")])).toEqual([]);
});

test("one that makes values up is told, with what it makes otherwise", () => {
  expect(found([map("a", "1"), map("b", "2")], [map("a", "1"), map("b", "3")])).toMatchObject([
    {
      ...{ code: "render-unstable", level: "warning", at: "The chart" },
      why: expect.stringContaining("has not the same: ConfigMap b."),
    },
  ]);
  expect(found([map("a", "1")], [map("x", "1")])).toMatchObject([
    { why: expect.stringContaining("ConfigMap a, ConfigMap x") },
  ]);
});

test("what could not be looked up is told, in the words of who refused it", () => {
  expect(found([], [], 'secrets "s" is forbidden')).toMatchObject([
    { code: "lookup-unseen", level: "warning", why: expect.stringMatching(/"s" is forbidden$/) },
  ]);
});
