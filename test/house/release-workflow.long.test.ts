import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitBundle, type Git, gitAt, identity } from "../../scripts/release/git.ts";
import { makeRelease } from "../../scripts/release.ts";
import { root } from "../../scripts/tools.ts";
import { type Ended, type Run, runJob } from "./own-runner.ts";

const REPOSITORY = "khalani/playbook";

let scratch: string;
/** A release of this work tree, whose bundle may come from the cache. */
let cached: string;
/** Where releases are pushed to. */
let origin: Git;
/** What the job that builds has checked out. */
let checkout: string;
let sha: string;
let tooSmall: Ended;
let publish: Ended;

/** GitHub starts a run for what main is now. */
function run(version: string, values: Record<string, string> = {}): Run {
  return {
    home: join(scratch, `run-${version}`),
    server: scratch,
    repository: REPOSITORY,
    sha,
    values: {
      "inputs.version": version,
      "contains(inputs.version, '-')": String(version.includes("-")),
      "github.token": "a token",
      "github.repository": REPOSITORY,
      ...values,
    },
  };
}

function handedOver({ outputs }: Ended): Record<string, string> {
  const { digest = "", notes = "" } = outputs("build");
  return { "needs.build.outputs.digest": digest, "needs.build.outputs.notes": notes };
}

/** A main with a release behind it, and two commits since: one that users see, and one that not. */
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "release-"));
  cached = join(scratch, "cached");
  checkout = join(scratch, "checkout");
  await makeRelease({ version: "v0.1.0", into: cached });

  const bare = join(scratch, REPOSITORY);
  mkdirSync(bare, { recursive: true });
  origin = gitAt(bare);
  origin(["init", "--quiet", "--bare", "--initial-branch", "main"]);
  gitAt(cached)(["push", "--quiet", bare, "HEAD^:refs/heads/main"]);
  gitAt(scratch)(["clone", "--quiet", bare, checkout]);

  const git = gitAt(checkout);
  const before = commitBundle(gitAt(checkout, join(scratch, "index")), "HEAD", stub(), "v0.0.9");
  for (const tag of ["v0.0.9", "v0"]) git(["tag", tag, before]);
  change("actions/comment-plan/action.yml", /^inputs:\n/m, `$&  tone: { description: "How." }\n`);
  commit("Comments have a tone");
  change("README.md", /^/, "Read me.\n");
  commit("It is to be read");
  git(["push", "--quiet", "origin", "main", "--tags"]);
  sha = git(["rev-parse", "HEAD"]);

  tooSmall = runJob("build", checkout, run("v0.0.10"));
  const build = runJob("build", checkout, run("v0.1.0"));
  if (!build.ok) throw new Error(build.said);
  publish = runJob("publish", scratch, run("v0.1.0", handedOver(build)));
  if (!publish.ok) throw new Error(publish.said);
}, 600_000);

afterAll(() => rm(scratch, { recursive: true, force: true }));

function stub(): string {
  const folder = join(scratch, "stub");
  mkdirSync(folder);
  writeFileSync(join(folder, "index.js"), "");
  return folder;
}

function change(path: string, from: RegExp, to: string): void {
  const text = readFileSync(join(checkout, path), "utf8");
  writeFileSync(join(checkout, path), text.replace(from, to));
}

function commit(subject: string): void {
  const git = gitAt(checkout);
  git(["commit", "--quiet", "--all", "-m", subject], { env: identity(git, "HEAD") });
}

describe("a release", () => {
  test("stands on main's head and differs from it in dist/ alone", () => {
    expect(origin(["rev-parse", "v0.1.0^@"])).toBe(sha);
    const changed = origin(["diff", "--name-only", sha, "v0.1.0"]).split("\n");
    expect(changed).toContain("dist/index.js");
    expect(changed.filter((path) => !path.startsWith("dist/"))).toEqual([]);
  });

  test("has the bytes that another clone builds from the same sources", () => {
    expect(origin(["rev-parse", "v0.1.0:dist"])).toBe(gitAt(cached)(["rev-parse", "HEAD:dist"]));
  });

  test("is the commit that whoever makes it again gets", () => {
    const script = join(checkout, "scripts", "release.ts");
    const into = join(scratch, "again");
    const { stderr } = spawnSync(process.execPath, [script, "v0.1.0", "--into", into], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(gitAt(into)(["rev-parse", "HEAD"])).toBe(origin(["rev-parse", "v0.1.0"]));
  });

  test("gets its tag, and the major one moves to it; the one before stays", () => {
    expect(origin(["rev-parse", "v0"])).toBe(origin(["rev-parse", "v0.1.0"]));
    expect(origin(["rev-parse", "v0.0.9^"])).toBe(origin(["rev-parse", `${sha}~2`]));
    expect(origin(["tag"]).split("\n")).toEqual(["v0", "v0.0.9", "v0.1.0"]);
  });

  test("leaves main and the checkout as they were", () => {
    expect(origin(["rev-parse", "main"])).toBe(sha);
    expect(gitAt(checkout)(["rev-parse", "HEAD"])).toBe(sha);
    expect(gitAt(checkout)(["status", "--porcelain"])).toBe("");
  });

  test("is published with what its users see first", () => {
    const short = (commit: string) => origin(["rev-parse", "--short", commit]);
    const notes = `## v0.1.0

Since v0.0.9.

### New

- **Inputs:** action comment-plan: the input \`tone\` is new.

### What changed

- Comments have a tone (${short(`${sha}^`)})

<details><summary>Tests, documents and tools</summary>

- It is to be read (${short(sha)})

</details>`;
    const create = ["release", "create", "v0.1.0", "--verify-tag", "--prerelease=false"];
    expect(publish.asked).toEqual([
      ["auth", "setup-git"],
      [...create, "--title", "v0.1.0", "--notes", notes],
    ]);
  });

  test("is attested in all that runs, which is what the README's loop verifies", () => {
    const listed = origin(["ls-tree", "-r", "--name-only", "v0.1.0"]).split("\n");
    const runs = listed.filter((path) =>
      /^(dist\/|actions\/[^/]+\/(action\.yml|main\.mjs)$|\.github\/workflows\/)/.test(path),
    );
    expect(publish.attested).toEqual(runs.map((path) => `files/${path}`).sort());

    const readme = readFileSync(join(root, "README.md"), "utf8");
    const globs = /^for file in (.+); do$/m.exec(readme)?.[1] ?? "";
    const { stdout } = spawnSync("bash", ["-c", `printf '%s\\n' ${globs}`], {
      cwd: join(scratch, "run-v0.1.0", "publish", "files"),
      encoding: "utf8",
    });
    expect(stdout.trim().split("\n").sort()).toEqual(runs.sort());
  });
});

test("a version that is too small for what changed is refused, and nothing is tagged", () => {
  expect(tooSmall.ok).toBe(false);
  expect(tooSmall.said).toContain(`v0.0.10 is too small for what has changed since v0.0.9: \
release it as v0.1.0 or higher.
- new: inputs: action comment-plan: the input \`tone\` is new`);
  expect(gitAt(checkout)(["tag", "--list", "v0.0.10"])).toBe("");
});

/** Publishes what a job without rights has handed over, whatever it did. */
function publishes(version: string, commit: string, digest?: string): Ended {
  const git = gitAt(checkout);
  git(["tag", version, commit]);
  const artifacts = join(scratch, `run-${version}`, "artifacts");
  mkdirSync(artifacts, { recursive: true });
  const bundle = join(artifacts, "release.bundle");
  git(["bundle", "create", "--quiet", bundle, version, `^${version}^`]);
  const own = createHash("sha256").update(readFileSync(bundle)).digest("hex");
  return runJob(
    "publish",
    scratch,
    run(version, {
      "needs.build.outputs.digest": `${digest ?? own}  release.bundle`,
      "needs.build.outputs.notes": "",
    }),
  );
}

/** A commit on top of another, with one file that is otherwise. */
function commitOn(base: string, path: string): string {
  const git = gitAt(checkout, join(scratch, "index"));
  git(["read-tree", base]);
  const blob = git(["hash-object", "-w", "--stdin"], { input: Buffer.from(path) });
  git(["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`]);
  const args = ["commit-tree", git(["write-tree"]), "-p", base, "-m", "Release"];
  return git(args, { env: identity(git, base) });
}

test("a prerelease is published as one, and moves no major tag", () => {
  const { ok, asked } = publishes("v0.2.0-rc.1", commitOn(sha, "dist/index.js"));
  expect(ok).toBe(true);
  expect(asked.at(-1)).toContain("--prerelease=true");
  expect(origin(["rev-parse", "v0.2.0-rc.1^"])).toBe(sha);
  expect(origin(["rev-parse", "v0"])).toBe(origin(["rev-parse", "v0.1.0"]));
});

describe("nothing is attested, pushed or published", () => {
  const expectNothing = (version: string, { ok, asked, attested }: Ended) => {
    expect(ok).toBe(false);
    expect(attested).toEqual([]);
    expect(asked.filter(([first]) => first === "release")).toEqual([]);
    expect(origin(["tag", "--list", version])).toBe("");
  };

  test("when the artifact is not the one that the build has named", () => {
    const commit = commitOn(sha, "dist/index.js");
    expectNothing("v0.3.0", publishes("v0.3.0", commit, "0".repeat(64)));
  });

  test("when it stands on another commit than this run's", () => {
    expectNothing("v0.4.0", publishes("v0.4.0", commitOn(`${sha}^`, "dist/index.js")));
  });

  test("when it changes more than dist/", () => {
    const commit = commitOn(sha, "actions/comment-plan/main.mjs");
    const ended = publishes("v0.5.0", commit);
    expectNothing("v0.5.0", ended);
    expect(ended.said).toContain("actions/comment-plan/main.mjs");
  });

  test("when the version is there already, with other files", () => {
    const git = gitAt(checkout);
    const released = git(["rev-parse", "v0.1.0"]);
    git(["tag", "--delete", "v0.1.0"]);
    const { ok, attested } = publishes("v0.1.0", commitOn(sha, "dist/index.js"));
    expect({ ok, attested }).toEqual({ ok: false, attested: [] });
    expect(origin(["rev-parse", "v0.1.0"])).toBe(released);
  });
});
