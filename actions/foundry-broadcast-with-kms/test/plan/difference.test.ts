import { difference } from "../../src/plan/difference.ts";

const file = (path: string, before: string | undefined, after: string) => ({
  path,
  before: before === undefined ? undefined : Buffer.from(before),
  after: Buffer.from(after),
});

test.each([
  {
    says: "JSON is compared by key, not by line",
    of: file("a.json", '{"a":{"b":[1,2]},"c":"x"}', '{ "c": "x",\n "a": { "b": [1, 3] } }'),
    lines: ["- a.b[1]: 2", "+ a.b[1]: 3"],
  },
  {
    says: "keys come and go",
    of: file("a.json", '{"a":1}', '{"b":{}}'),
    lines: ["- a: 1", "+ b: {}"],
  },
  {
    says: "a new file has all its keys",
    of: file("a.json", undefined, '{"a":1}'),
    lines: ["+ a: 1"],
  },
  {
    says: "what is called JSON and is none is text",
    of: file("a.json", "old", "new"),
    lines: ["- old", "+ new"],
  },
  {
    says: "text is compared by line",
    of: file("a.txt", "a\nb\n", "a\nc\n"),
    lines: ["- b", "+ c"],
  },
  {
    says: "of anything else the size is told",
    of: file("a.bin", "", "\0\0"),
    lines: ["! 2 bytes"],
  },
])("$says", ({ of, lines }) => {
  expect(difference(of)).toEqual(lines);
});

test("a long difference is cut, and says so", () => {
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`).join("\n");
  const shown = difference(file("a.txt", undefined, lines));
  expect(shown).toHaveLength(21);
  expect(shown.at(-1)).toBe("! and 10 more");
});
