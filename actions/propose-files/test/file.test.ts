import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changesOf, digestOf } from "../src/change.ts";
import { faultOf, readFiles } from "../src/file.ts";
import { sourceOf } from "../src/source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "propose-files-test-"));
  await mkdir(join(folder, "registry/chains/alpha"), { recursive: true });
  await writeFile(join(folder, "registry/chains/alpha/addresses.yaml"), "mailbox: 1\n");
  await writeFile(join(folder, "registry/chains/alpha/metadata.yaml"), "");
  await writeFile(join(folder, "run.sh"), "#!/bin/sh\n");
  await chmod(join(folder, "run.sh"), 0o755);
});
afterEach(() => rm(folder, { recursive: true }));

const read = (lines: string[], names: string[] = []) =>
  readFiles(folder, { files: lines.map(sourceOf), names });

test("files go where their line says, folders with all that is in them", async () => {
  const files = await read(["registry => hyperlane/registry", "run.sh"]);

  expect(files.map(({ path, executable }) => [path, executable])).toEqual([
    ["hyperlane/registry/chains/alpha/addresses.yaml", false],
    ["hyperlane/registry/chains/alpha/metadata.yaml", false],
    ["run.sh", true],
  ]);
});

test("a folder can be the repository's root, and names choose among the files", async () => {
  const files = await read(["registry => ."], ["addresses.yaml"]);

  expect(files.map(({ path }) => path)).toEqual(["chains/alpha/addresses.yaml"]);
});

test.each([
  { says: "a link in a folder", line: "registry" },
  { says: "a link itself", line: "registry/link" },
  { says: "what a link leads to", line: "registry/link/passwd" },
  { says: "what lies outside", line: "../" },
])("$says is refused", async ({ line }) => {
  await symlink("/etc", join(folder, "registry/link"));

  await expect(read([line])).rejects.toMatchObject({ code: "files-refused" });
});

test("what is not there is named, and what is too large is refused", async () => {
  await expect(read(["report.json"])).rejects.toMatchObject({
    ...{ code: "files-missing", what: expect.stringContaining("report.json") },
  });
  await truncate(join(folder, "run.sh"), 40 * 2 ** 20);
  await expect(read(["run.sh"])).rejects.toMatchObject({
    ...{ code: "files-refused", why: expect.stringContaining("are allowed") },
  });
});

test.each([
  ["../up"],
  ["/etc/passwd"],
  ["a//b"],
  ["a/./b"],
  [""],
  [".git/config"],
  ["modules/.GIT/hooks/x"],
  ["git~1/config"],
  [".github/workflows/release.yml"],
  [".GitHub/CODEOWNERS"],
  ["a\\b"],
  ["line\nbreak"],
  ["\ufffd.txt"],
  [`${"x".repeat(256)}`],
])("the path %j of a repository is refused", (path) => {
  expect(faultOf([path])).toBeDefined();
});

test("paths in each other's way are refused, others are not", () => {
  expect(faultOf(["a", "a"])).toContain("Two of them");
  expect(faultOf(["a/b", "a"])).toContain("both a file and a folder");
  expect(faultOf(Array.from({ length: 1_001 }, (_, at) => `${at}`))).toContain("1000 are allowed");
  expect(faultOf([".gitignore", "docs/.github/x", "a/b", "a/c", "ab"])).toBeUndefined();
});

const EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
const empty = (path: string, executable = false) => ({
  ...{ path, executable, content: Buffer.alloc(0) },
});

test("a program stays one, though an artifact does not say so; a file becomes one", () => {
  const was = (mode: string, sha = EMPTY) => new Map([["a", { mode, sha }]]);

  expect(changesOf([empty("a")], was("100755"))).toEqual([]);
  expect(changesOf([empty("a", true)], was("100644"))).toMatchObject([{ mode: "100755" }]);
  expect(changesOf([empty("a")], was("100755", "0"))).toMatchObject([
    { mode: "100755", sha: EMPTY },
  ]);
  expect(digestOf([])).toBe("");
});

test.each([
  { says: "a link", tree: { "a/b": { mode: "120000", sha: "1" } } },
  { says: "a folder", tree: { "a/b": { mode: "040000", sha: "1" } } },
  { says: "a submodule", tree: { a: { mode: "160000", sha: "1" } } },
  { says: "a file above it", tree: { a: { mode: "100644", sha: "1" } } },
])("$says of the repository is not replaced", ({ tree }) => {
  const there = new Map(Object.entries(tree));
  expect(() => changesOf([empty("a/b")], there)).toThrow(/something else in the repository/);
});
