import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { differences, readQueries } from "../src/queries.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "queries-test-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function given(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

const found = {
  transfers: [
    { id: "0x01", amount: "100", asset: { id: "0xaa" } },
    { id: "0x02", amount: "7", asset: { id: "0xbb" } },
  ],
  peer: null,
};

test.each([
  { what: "a part of it", expected: { transfers: [{ id: "0x01" }, { id: "0x02" }] } },
  { what: "nothing where there is nothing", expected: { peer: null } },
  { what: "so many at least", expected: { transfers: { $min: 2 } } },
  {
    what: "so much at least, also of numbers that are text",
    expected: { transfers: [{ amount: { $min: 100 } }, { amount: { $min: 5 } }] },
  },
  { what: "one of several", expected: { transfers: { $some: { asset: { id: "0xbb" } } } } },
  { what: "a text of a form", expected: { transfers: { $some: { id: { $matches: "^0x" } } } } },
  { what: "anything", expected: { transfers: { $any: true } } },
])("an answer that holds $what is as expected", ({ expected }) => {
  expect(differences(expected, found)).toEqual([]);
});

test.each([
  {
    what: "another value",
    expected: { transfers: [{ amount: "101" }, {}] },
    differs: { path: "data.transfers[0].amount", expected: "101", found: "100" },
  },
  {
    what: "one more",
    expected: { transfers: [{ id: "0x01" }] },
    differs: { path: "data.transfers", expected: [{ id: "0x01" }], found: found.transfers },
  },
  {
    what: "too few",
    expected: { transfers: { $min: 3 } },
    differs: { path: "data.transfers", expected: { $min: 3 }, found: found.transfers },
  },
  {
    what: "null",
    expected: { peer: { $any: true } },
    differs: { path: "data.peer", expected: { $any: true }, found: null },
  },
  {
    what: "no such field",
    expected: { assets: [] },
    differs: { path: "data.assets", expected: [], found: undefined },
  },
])("an answer with $what is not", ({ expected, differs }) => {
  expect(differences(expected, found)).toEqual([differs]);
});

test("an answer is always what it is itself", () => {
  const noWishes = (value: unknown) => !JSON.stringify(value)?.includes('"$');
  fc.assert(
    fc.property(fc.jsonValue().filter(noWishes), (value) => {
      expect(differences(value, value)).toEqual([]);
    }),
    chance(),
  );
});

test("queries are read in order, each with what is expected of it", async () => {
  await given({
    "b.graphql": "{ peers { id } }",
    "a.graphql": "query ($first: Int) { transfers(first: $first) { id } }",
    "a.json": '{ "variables": { "first": 1 }, "data": { "transfers": [{}] } }',
    "notes.md": "none",
  });
  expect(await readQueries(folder)).toMatchObject([
    { name: "a", variables: { first: 1 }, data: { transfers: [{}] } },
    { name: "b", text: "{ peers { id } }", variables: {} },
  ]);
});

test("a project without such a folder has no queries", async () => {
  expect(await readQueries(join(folder, "none"))).toEqual([]);
});

test.each<{ what: string; files: Record<string, string>; named: string }>([
  { what: "a query that is none", files: { "a.graphql": "{ peers " }, named: "a.graphql" },
  { what: "JSON that is none", files: { "a.graphql": "{ a }", "a.json": "{" }, named: "a.json" },
  {
    what: "a misspelt word",
    files: { "a.graphql": "{ a }", "a.json": '{ "dta": {} }' },
    named: "a.json",
  },
  {
    what: "a misspelt wish",
    files: { "a.graphql": "{ a }", "a.json": '{ "data": { "a": [{ "$mni": 1 }] } }' },
    named: "a.json",
  },
  {
    what: "an expression that is none",
    files: { "a.graphql": "{ a }", "a.json": '{ "data": { "a": { "$matches": "(" } } }' },
    named: "a.json",
  },
  { what: "an expectation of nothing", files: { "a.json": "{}" }, named: "a.json" },
])("$what is refused by its name", async ({ files, named }) => {
  await given(files);
  await expect(readQueries(folder)).rejects.toMatchObject({
    code: "bad-queries",
    what: expect.stringContaining(named),
  });
});
