import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readActions } from "../../scripts/library.ts";
import { commitBundle, gitAt } from "../../scripts/release/git.ts";
import { makeRelease, type Release } from "../../scripts/release.ts";
import { root } from "../../scripts/tools.ts";
import { benchSize } from "../bench/size.ts";

let scratch: string;
let into: string;
let release: Release;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "house-"));
  into = join(scratch, "release");
  release = await makeRelease({ version: "v0.1.0", into });
});

afterAll(() => rm(scratch, { recursive: true, force: true }));

test("a release differs from its base in dist/ alone", () => {
  const changed = gitAt(into)(["diff", "--name-only", "HEAD^", "HEAD"]).split("\n");
  expect(changed).toContain("dist/index.js");
  expect(changed.filter((path) => !path.startsWith("dist/"))).toEqual([]);
});

test("both tags point to the release", () => {
  const commits = ["v0.1.0", "v0"].map((tag) => gitAt(into)(["rev-parse", `${tag}^{commit}`]));
  expect(commits).toEqual([release.commit, release.commit]);
});

test("whoever commits the same bundle on the same base gets the same commit", () => {
  const git = gitAt(into, join(scratch, "index"));
  expect(commitBundle(git, "HEAD^", join(into, "dist"), "v0.1.0")).toBe(release.commit);
});

test("making one elsewhere leaves no tag, no dist/ and no index entry here", () => {
  expect(gitAt(root)(["tag", "--points-at", "HEAD"])).not.toContain("v0.1.0");
  expect(gitAt(root)(["ls-files", "dist"])).toBe("");
});

test("the archive that a job downloads has what runs, and no sources or tests", () => {
  const paths = gitAt(into)(["ls-tree", "-r", "--name-only", "HEAD"]).split("\n");
  expect(paths).toContain("test/house/release.world.test.ts");

  const archive = join(scratch, "archive.tar");
  gitAt(into)(["archive", "--output", archive, "HEAD"]);
  const packed = spawnSync("tar", ["-tf", archive], { encoding: "utf8" }).stdout.split("\n");
  expect(packed).toContain("dist/index.js");
  expect(packed.filter((path) => /^(test|packages|scripts)\/|\/(src|test)\//.test(path))).toEqual(
    [],
  );
});

test("what a job downloads is measured, and the bundle is most of it", async () => {
  const rows = (await benchSize(into)).split("\n").slice(2);
  const [whole = 0, bundle = 0] = rows.map((row) => Number(row.split("|")[3]?.replace(/\D/g, "")));
  expect(bundle).toBeGreaterThan(whole / 2);
  expect(bundle).toBeLessThan(whole);
});

describe("a release in the repository itself", () => {
  const refusal = (version: string) => {
    const script = join(into, "scripts", "release.ts");
    const { status, stderr } = spawnSync(process.execPath, [script, version], { encoding: "utf8" });
    expect(status).toBe(1);
    return stderr;
  };

  test.each([
    { version: "0.2.0", says: '"0.2.0" is no version' },
    { version: "v0.1.0", says: "v0.1.0 exists, and a release never changes" },
    { version: "v0.0.9", says: "v0.1.0 is out already: v0.0.9 would move v0 back" },
  ])("$version is refused", ({ version, says }) => {
    expect(refusal(version)).toContain(says);
  });

  test("of a work tree with changes is refused, and nothing is tagged", async () => {
    const stray = join(into, "stray.txt");
    await writeFile(stray, "");
    expect(refusal("v0.2.0")).toContain("stray.txt");
    await rm(stray);
    expect(gitAt(into)(["tag", "--list", "v0.2.0"])).toBe("");
  });
});

const programs = readActions().filter(({ file }) => file.runs.main);

test.each(programs.map(({ name, folder }) => ({ name, folder })))(
  "$name runs from the bundle alone, and names the inputs it misses",
  async ({ folder }) => {
    expect(existsSync(join(into, "node_modules"))).toBe(false);
    const { status, stderr } = spawnSync(process.execPath, [join(into, folder, "main.mjs")], {
      encoding: "utf8",
      env: { PATH: process.env.PATH },
      cwd: scratch,
    });
    // A failing bundle quotes its one long line.
    expect(stderr.slice(-1_000)).toContain("code: bad-input");
    expect(status).toBe(1);
  },
);

test("the licenses of what is bundled are in it", async () => {
  expect(await readdir(join(into, "dist"))).toContain("licenses.txt");
});
