import { execFileSync } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import type { Permissions } from "@playbook/world";
import { openStage, type Stage } from "../../../packages/github/test/stage.ts";
import { shell } from "../../../scripts/tools.ts";
import type { Inputs } from "../src/run.ts";
import { sourceOf } from "../src/source.ts";

let stage: Stage;
let run: typeof import("../src/run.ts").run;
let uploadArtifact: typeof import("@playbook/github").uploadArtifact;

const all: Permissions = { contents: "write", "pull-requests": "write" };
const BRANCH = "playbook/registry";

beforeAll(async () => {
  stage = await openStage();
  ({ run } = await import("../src/run.ts"));
  ({ uploadArtifact } = await import("@playbook/github"));
});
afterAll(() => stage?.[Symbol.asyncDispose]());
afterEach(() => stage.github.heal());

type Content = Record<string, string | Buffer>;

/** Waits are not what is tested: they take no time. */
const hurried = () => contextForTests({ clock: { now: () => Date.now(), sleep: async () => {} } });

/** A product's repository with these files on its main branch, and ways to look at it. */
async function openProduct(name: string, files: Content = { "README.md": "Nexus\n" }) {
  const at = join(stage.folder, name);
  await mkdir(at, { recursive: true });
  const git = (...args: string[]) => shell("git", ["-C", at, ...args], IDENTITY);
  await git("init", "--quiet", "--initial-branch=main");
  const commit = async (more: Content, branch = "main") => {
    await git("switch", "--quiet", ...(branch === "main" ? [] : ["--"]), branch).catch(() => "");
    await putInto(at, more);
    await git("add", "--all");
    await git("commit", "--quiet", "-m", "A person's");
    if (branch !== "main") await git("switch", "--quiet", "main");
    return (await git("rev-parse", branch)).trim();
  };
  await commit(files);
  const repository = stage.github.repository(`khalani/${name}`, { git: at });
  const show = (path: string) => git("show", `${BRANCH}:${path}`);
  const log = async () => (await git("log", "--format=%an %P", BRANCH)).trim().split("\n");
  return { name: repository.name, git, commit, repository, show, log };
}

const IDENTITY = {
  ...{ GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  ...{ GIT_AUTHOR_NAME: "Alice", GIT_AUTHOR_EMAIL: "alice@nexus.example" },
  ...{ GIT_COMMITTER_NAME: "Alice", GIT_COMMITTER_EMAIL: "alice@nexus.example" },
};

async function putInto(at: string, files: Content): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(at, path)), { recursive: true });
    await writeFile(join(at, path), content);
  }
}

let lastRun = 700;

type Beside = Partial<Inputs> & { permissions?: Permissions; context?: ReturnType<typeof hurried> };

/** Proposes what an earlier job of the run has stored, as the registry of a product. */
async function proposed(name: string, files: Content, beside: Beside = {}) {
  lastRun += 1;
  stage.inRun(lastRun);
  const made = join(stage.folder, `made-${lastRun}`);
  await putInto(made, files);
  await uploadArtifact("result", made, contextForTests());
  return await propose(name, beside);
}

async function propose(name: string, beside: Beside = {}) {
  const { permissions = all, context = hurried(), ...over } = beside;
  const inputs: Inputs = {
    ...{ files: [sourceOf("registry")], names: [], artifact: "result", artifactDigest: undefined },
    ...{ branch: BRANCH, base: undefined, title: "What was deployed", body: "By a release." },
    ...{ repository: name, server: "https://github.com", order: lastRun, ...over },
    token: stage.github.token(permissions, name),
  };
  return await run(inputs, context);
}

const registry = (mailbox: string): Content => ({
  "registry/alpha/addresses.yaml": `mailbox: "${mailbox}"\n`,
});

test("files that the base branch lacks become one commit and one pull request", async () => {
  const product = await openProduct("first");
  const head = (await product.git("rev-parse", "main")).trim();

  const { outputs, summary } = await proposed(product.name, registry("0x1"));

  expect(outputs).toMatchObject({ "pull-request": "1", changed: true });
  expect(outputs.url).toBe("https://github.com/khalani/first/pull/1");
  expect(outputs.commit).toBe((await product.git("rev-parse", BRANCH)).trim());
  expect(summary).toContain("+ registry/alpha/addresses.yaml");
  expect((await product.log())[0]).toBe(`github-actions[bot] ${head}`);
  expect(await product.show("registry/alpha/addresses.yaml")).toBe('mailbox: "0x1"\n');
  expect(await product.show("README.md")).toBe("Nexus\n");
  expect(product.repository.pulls).toMatchObject([{ title: "What was deployed", state: "open" }]);
  expect(product.repository.pulls[0]?.body).toMatch(/^By a release\.\n\n<!-- proposed-files /);
});

test("nothing that differs makes no branch and no pull request", async () => {
  const product = await openProduct("same", registry("0x1"));

  const { outputs } = await proposed(product.name, registry("0x1"));

  expect(outputs).toEqual({ "pull-request": "", url: "", commit: "", changed: false });
  expect(await product.git("branch", "--list")).toBe("* main\n");
});

test("a later run changes the same pull request; when it is merged there is nothing left", async () => {
  const product = await openProduct("later");
  await proposed(product.name, registry("0x1"));
  const base = await product.commit({ "README.md": "Nexus 2\n" });

  const again = await proposed(product.name, registry("0x2"), { title: "More of it" });
  const log = await product.log();
  await stage.github.merge(product.name, 1);
  const merged = await proposed(product.name, registry("0x2"));
  const other = await proposed(product.name, registry("0x3"));

  expect(again.outputs["pull-request"]).toBe("1");
  expect(log[0]).toBe(`github-actions[bot] ${base}`);
  expect(product.repository.pulls[0]?.title).toBe("More of it");
  expect(merged.outputs).toMatchObject({ "pull-request": "", changed: false });
  expect(other.outputs).toMatchObject({ "pull-request": "2", changed: true });
});

test("the same again writes nothing, also when the base branch has moved on elsewhere", async () => {
  const product = await openProduct("again");
  const { outputs } = await proposed(product.name, registry("0x1"));
  await product.commit({ "README.md": "Nexus 2\n" });
  const before = stage.github.requests().length;

  const again = await proposed(product.name, registry("0x1"));

  expect(again.outputs).toEqual(outputs);
  const methods = new Set(
    stage.github
      .requests()
      .slice(before)
      .map(({ method }) => method),
  );
  expect([...methods]).toEqual(["GET"]);
});

test("a pull request of an earlier run that has become moot is closed with a word", async () => {
  const product = await openProduct("moot");
  await proposed(product.name, registry("0x1"));
  await product.commit(registry("0x1"));

  const { outputs, summary } = await proposed(product.name, registry("0x1"));

  expect(outputs).toMatchObject({ changed: false, commit: "" });
  expect(summary).toContain("was closed");
  expect(product.repository.pulls).toMatchObject([{ state: "closed" }]);
  expect(product.repository.comments).toMatchObject([
    { issue: 1, body: expect.stringContaining("nothing left to propose") },
  ]);
});

test.each([
  { says: "put on top", amend: [] },
  { says: "amended, with its message kept", amend: ["--amend"] },
])("a person's commit on the branch, $says, is never thrown away", async ({ says, amend }) => {
  const product = await openProduct(`taken-${says.length}`);
  await proposed(product.name, registry("0x1"));
  await product.git("switch", "--quiet", BRANCH);
  await putInto(product.repository.git ?? "", { "note.md": "Checked.\n" });
  await product.git("add", "--all");
  await product.git(
    "commit",
    "--quiet",
    ...(amend.length ? [...amend, "--no-edit"] : ["-m", "Mine"]),
  );
  const theirs = await product.git("rev-parse", "HEAD");
  await product.git("switch", "--quiet", "main");

  const other = proposed(product.name, registry("0x2"));
  await expect(other).rejects.toMatchObject({ code: "branch-taken" });
  const same = await proposed(product.name, registry("0x1"));

  expect(await product.git("rev-parse", BRANCH)).toBe(theirs);
  expect(product.repository.pulls).toMatchObject([{ state: "open" }]);
  expect(same.outputs["pull-request"]).toBe("1");
});

test("a person's commit that comes while a run works is not thrown away either", async () => {
  const product = await openProduct("meanwhile");
  await proposed(product.name, registry("0x1"));
  const context = hurried();
  let theirs = "";
  // A reply gets lost just before the branch is moved, and meanwhile somebody pushes.
  stage.github.fault({ do: "status", method: "POST", path: "/git/commits", status: 502 });
  context.clock.sleep = async () => {
    if (theirs) return;
    await product.git("switch", "--quiet", BRANCH);
    theirs = await product.commit({ "note.md": "Checked.\n" }, BRANCH);
  };

  const moving = proposed(product.name, registry("0x2"), { context });

  await expect(moving).rejects.toMatchObject({ code: "branch-taken" });
  expect((await product.git("rev-parse", BRANCH)).trim()).toBe(theirs);
});

test("a branch that somebody takes away each time ends the run, not the machine's hour", async () => {
  const product = await openProduct("unsettled");
  const context = hurried();
  context.progress = (line) => {
    if (!line.startsWith("Opening")) return;
    execFileSync("git", ["-C", product.repository.git ?? "", "branch", "--quiet", "-D", BRANCH]);
  };

  const { pulls } = product.repository;
  await expect(proposed(product.name, registry("0x1"), { context })).rejects.toMatchObject({
    code: "proposal-unsettled",
  });
  expect(pulls).toEqual([]);
});

test("a setting that forbids it leaves the branch and says what to switch on", async () => {
  const product = await openProduct("forbidden");
  product.repository.opensPulls = false;

  const { outputs, summary, failure } = await proposed(product.name, registry("0x1"));
  product.repository.opensPulls = true;
  const next = await propose(product.name);

  const page = "https://github.com/khalani/forbidden/compare/main...playbook/registry?expand=1";
  expect(failure).toMatchObject({
    code: "pulls-forbidden",
    next: expect.stringContaining("Allow GitHub Actions to create and approve pull requests"),
  });
  expect(outputs).toMatchObject({ "pull-request": "", url: page, changed: true });
  expect(summary).toContain(page);
  expect(await product.show("registry/alpha/addresses.yaml")).toContain("0x1");
  expect(next.outputs).toMatchObject({ "pull-request": "1", commit: outputs.commit });
});

test.each<{ lacks: string; permissions: Permissions }>([
  { lacks: "contents: write", permissions: { contents: "read", "pull-requests": "write" } },
  { lacks: "pull-requests: write", permissions: { contents: "write", "pull-requests": "read" } },
  { lacks: "pull-requests: read", permissions: { contents: "write" } },
])("without `$lacks` it fails and says so", async ({ lacks, permissions }) => {
  const product = await openProduct(`lacks-${lacks.replace(": ", "-")}`);

  await expect(proposed(product.name, registry("0x1"), { permissions })).rejects.toMatchObject({
    code: "permission-missing",
    next: expect.stringContaining(lacks),
  });
});

test("GitHub's limits are waited for as long as it says, and an hour's is told", async () => {
  const product = await openProduct("limited");
  const context = hurried();
  const waits: number[] = [];
  context.clock.sleep = async (ms) => void waits.push(ms);

  stage.github.fault({ do: "secondary", method: "POST", path: "/git/refs", retryAfter: 7 });
  stage.github.fault({ do: "secondary", method: "POST", path: "/pulls", retryAfter: 8 });
  const { outputs } = await proposed(product.name, registry("0x1"), { context });
  stage.github.fault({ do: "rate-limit", path: "/pulls", retryAfter: 3_000 });

  expect(outputs["pull-request"]).toBe("1");
  expect(waits).toEqual([7_000, 8_000]);
  await expect(propose(product.name)).rejects.toMatchObject({ code: "github-limited" });
});

test("bytes, empty files and programs come as they are", async () => {
  const product = await openProduct("bytes", {
    "registry/tool": "old\n",
    "registry/kept": "old\n",
  });
  await product.git("update-index", "--chmod=+x", "registry/kept");
  await product.git("commit", "--quiet", "-m", "A program");
  await product.git("checkout", "--quiet", "--", ".");
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x0d, 0x0a]);
  const made = join(stage.folder, "bytes-made");
  await putInto(made, { "registry/raw": bytes, "registry/empty": "" });
  await putInto(made, { "registry/tool": "old\n", "registry/kept": "new\n" });
  await chmod(join(made, "registry/tool"), 0o755);
  const elsewhere = process.cwd();

  process.chdir(made);
  try {
    await propose(product.name, { artifact: undefined });
  } finally {
    process.chdir(elsewhere);
  }

  const listed = await product.git("ls-tree", "-r", "--format=%(objectmode) %(path)", BRANCH);
  expect(listed.trim().split("\n")).toEqual([
    "100644 registry/empty",
    "100755 registry/kept",
    "100644 registry/raw",
    "100755 registry/tool",
  ]);
  expect((await product.git("rev-parse", `${BRANCH}:registry/raw`)).trim()).toBe(
    (await product.git("hash-object", join(made, "registry/raw"))).trim(),
  );
  expect(await product.show("registry/empty")).toBe("");
});

test("a repository whose tree GitHub does not tell at once is read folder by folder", async () => {
  const many = Array.from({ length: 1_100 }, (_, at) => [`docs/${at}.md`, `${at}\n`]);
  const product = await openProduct("large", { ...Object.fromEntries(many), ...registry("0x1") });

  const same = await proposed(product.name, registry("0x1"));
  const other = await proposed(product.name, registry("0x2"));

  expect(same.outputs.changed).toBe(false);
  expect(other.summary).toContain("~ registry/alpha/addresses.yaml");
  expect(await product.git("diff", "--name-only", "main", BRANCH)).toBe(
    "registry/alpha/addresses.yaml\n",
  );
});

/** What is done with these files in the job's own folder. */
async function inFolder<Result>(files: Content, work: () => Promise<Result>): Promise<Result> {
  lastRun += 1;
  const made = join(stage.folder, `made-${lastRun}`);
  await putInto(made, files);
  const elsewhere = process.cwd();
  process.chdir(made);
  try {
    return await work();
  } finally {
    process.chdir(elsewhere);
  }
}

const own = (line: string, order: number) => {
  return { files: [sourceOf(line)], order, artifact: undefined };
};

test.each([
  { says: "where there is none yet", before: [] },
  { says: "where there is one", before: ["old => registry"] },
])("two runs at once end with one pull request and the newer one's files, $says", async (row) => {
  const product = await openProduct(`race-${row.before.length}`);
  const files = { "old/a": "0", "older/a": "1", "newer/a": "2" };

  const both = await inFolder(files, async () => {
    for (const line of row.before) await propose(product.name, own(line, 8_000));
    return await Promise.all([
      propose(product.name, own("older => registry", 9_001)),
      propose(product.name, own("newer => registry", 9_002)),
    ]);
  });

  expect(product.repository.pulls).toMatchObject([{ state: "open" }]);
  expect(both.map(({ outputs }) => outputs["pull-request"])).toEqual(["1", "1"]);
  expect(await product.show("registry/a")).toBe("2");
});

type Product = Awaited<ReturnType<typeof openProduct>>;

/** What a run finds that is killed then, and what one more run has to make of it. */
const scenes: {
  name: string;
  before: (product: Product) => Promise<unknown>;
  after: (product: Product) => Promise<void>;
}[] = [
  {
    name: "proposes for the first time",
    before: async () => {},
    after: async ({ repository, show }) => {
      expect(repository.pulls).toMatchObject([{ state: "open", title: "What was deployed" }]);
      expect(await show("registry/a")).toBe("new");
    },
  },
  {
    name: "changes what is proposed",
    before: ({ name }) => propose(name, { ...own("old => registry", 1), title: "Older" }),
    after: async ({ repository, show }) => {
      expect(repository.pulls).toMatchObject([{ state: "open", title: "What was deployed" }]);
      expect(await show("registry/a")).toBe("new");
    },
  },
  {
    name: "closes what has become moot",
    before: async ({ name, commit }) => {
      await propose(name, own("old => registry", 1));
      await commit({ "registry/a": "new" });
    },
    after: async ({ repository }) => {
      expect(repository.pulls).toMatchObject([{ state: "closed" }]);
      expect(repository.comments).toHaveLength(1);
    },
  },
];

test.each(scenes)(
  "a run that $name is finished by the next one, wherever it died",
  async (scene) => {
    const product = await openProduct(`died-${scenes.indexOf(scene)}`);
    const start = await product.git("rev-parse", "main");
    const { pulls, comments } = product.repository;
    const files = { "old/a": "old", "new/a": "new" };
    let died = 0;

    await inFolder(files, async () => {
      for (let point = 0; ; point += 1) {
        await product.git("reset", "--quiet", "--hard", start.trim());
        await product.git("update-ref", "-d", `refs/heads/${BRANCH}`);
        pulls.length = 0;
        comments.length = 0;
        await scene.before(product);

        // Request after request is the last one that GitHub hears.
        stage.github.fault({ do: "lose-reply", skip: point });
        stage.github.fault({ do: "down", skip: point + 1, requests: Number.POSITIVE_INFINITY });
        const run = propose(product.name, own("new => registry", 2));
        const survived = await run.then(
          () => true,
          () => false,
        );
        stage.github.heal();
        if (survived) return;

        died += 1;
        await propose(product.name, own("new => registry", 3));
        await scene.after(product);
      }
    });

    expect(died).toBeGreaterThan(8);
  },
);

test("a base branch that is not there, or is the branch itself, is told", async () => {
  const product = await openProduct("based");

  const files = registry("0x1");
  await expect(proposed(product.name, files, { base: "develop" })).rejects.toMatchObject({
    code: "base-missing",
  });
  await expect(proposed(product.name, files, { branch: "main" })).rejects.toMatchObject({
    code: "bad-input",
  });
});
