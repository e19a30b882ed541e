import { valuesOf } from "../../scripts/sync/values.ts";

const SCHEMA = {
  properties: {
    global: { description: "Helm's own." },
    image: { properties: { tag: { description: "Tag of the image." } } },
  },
};

test("every value has its path, what the schema says of it, and its default", () => {
  expect(valuesOf(SCHEMA, { image: { tag: "v1" } })).toEqual([
    { path: "image.tag", description: "Tag of the image.", fallback: "v1" },
  ]);
});

test("what the items of a list have is told by their fields", () => {
  const items = { properties: { name: { description: "Its name." }, other: {} } };
  const schema = { properties: { nodes: { description: "All nodes.", items } } };

  expect(valuesOf(schema, { nodes: [] })).toEqual([
    { path: "nodes", description: "All nodes.", fallback: [] },
    { path: "nodes[].name", description: "Its name.", fallback: "" },
  ]);
});

test("a schema and defaults that disagree are refused by the path", () => {
  expect(() => valuesOf(SCHEMA, { image: {} })).toThrow("values.yaml has no default of image.tag.");
  expect(() => valuesOf(SCHEMA, { image: { tag: "", tga: "" } })).toThrow(
    "The schema does not know image.tga.",
  );
  const silent = { properties: { image: { properties: { tag: {} } } } };
  expect(() => valuesOf(silent, { image: { tag: "" } })).toThrow("does not say what image.tag is");
});
