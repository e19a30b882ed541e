import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getOctokit } from "@actions/github";
import { shell } from "../../../scripts/tools.ts";
import { type Github, startGithub } from "../src/github/github.ts";
import { type Results, startResults } from "../src/runner/results.ts";

let results: Results;
let github: Github;
let folder: string;

const where = { owner: "khalani", repo: "git" };
const NOBODY = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
const git = (...args: string[]) => shell("git", ["-C", folder, ...args], NOBODY);
const tip = async (branch: string) => (await git("rev-parse", branch)).trim();

beforeAll(async () => {
  results = await startResults();
  github = await startGithub({ results });
  folder = await mkdtemp(join(tmpdir(), "github-git-"));
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Alice");
  await git("config", "user.email", "alice@nexus.example");
  await writeFile(join(folder, "README.md"), "Nexus\n");
  await git("add", "--all");
  await git("commit", "--quiet", "-m", "Nexus");
  github.repository("khalani/git", { git: folder });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
  await github?.[Symbol.asyncDispose]();
  await results[Symbol.asyncDispose]();
});

/** GitHub's own client, with a token like a job's. */
function client(contents: "read" | "write" = "write") {
  const token = github.token({ contents, "pull-requests": "write" }, "khalani/git");
  return getOctokit(token, { baseUrl: github.url });
}

/** A commit of one file upon main, made through the API. */
async function committed(path: string, content: Buffer, mode: "100644" | "100755") {
  const { rest } = client();
  const base = await tip("main");
  const { data: parent } = await rest.git.getCommit({ ...where, commit_sha: base });
  const base64 = { content: content.toString("base64"), encoding: "base64" };
  const { data: blob } = await rest.git.createBlob({ ...where, ...base64 });
  const entry = { path, mode, type: "blob", sha: blob.sha } as const;
  const asked = { ...where, base_tree: parent.tree.sha, tree: [entry] };
  const { data: tree } = await rest.git.createTree(asked);
  const made = { message: `Adds ${path}`, tree: tree.sha, parents: [base] };
  return (await rest.git.createCommit({ ...where, ...made })).data;
}

test("what is made through the API is what git has, byte by byte", async () => {
  const bytes = Buffer.from([0xff, 0x00, 0x0d, 0x0a]);

  const commit = await committed("tools/raw", bytes, "100755");
  await client().rest.git.createRef({ ...where, ref: "refs/heads/made", sha: commit.sha });

  const listed = await git("ls-tree", "-r", "--format=%(objectmode) %(path)", "made");
  expect(listed).toBe("100644 README.md\n100755 tools/raw\n");
  expect(await git("cat-file", "-s", "made:tools/raw")).toBe("4\n");
  expect(await git("log", "-1", "--format=%an, %cn: %s", "made")).toBe(
    "github-actions[bot], GitHub: Adds tools/raw\n",
  );
  await git("fsck", "--strict");
});

test("a ref is made once, and moved only from where it was thought to be", async () => {
  const { rest, graphql } = client();
  const [first, second] = await Promise.all([
    committed("a", Buffer.from("1"), "100644"),
    committed("a", Buffer.from("2"), "100644"),
  ]);
  const ref = "refs/heads/moved";
  await rest.git.createRef({ ...where, ref, sha: first.sha });
  const { data } = await rest.repos.get(where);
  const move = (beforeOid: string) =>
    graphql(
      "mutation ($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }",
      {
        input: {
          repositoryId: data.node_id,
          refUpdates: [{ name: ref, beforeOid, afterOid: second.sha, force: true }],
        },
      },
    );

  await expect(rest.git.createRef({ ...where, ref, sha: second.sha })).rejects.toMatchObject({
    ...{ status: 422, message: expect.stringContaining("already exists") },
  });
  await expect(move(second.sha)).rejects.toThrow("Something went wrong");
  expect(await tip("moved")).toBe(first.sha);
  await move(first.sha);
  expect(await tip("moved")).toBe(second.sha);
});

test("a pull request is opened once, follows its branch, and is merged into main", async () => {
  const { rest } = client();
  const commit = await committed("b", Buffer.from("1"), "100644");
  await rest.git.createRef({ ...where, ref: "refs/heads/proposed", sha: commit.sha });
  const asked = { ...where, head: "proposed", base: "main", title: "Adds b" };

  const { data: made } = await rest.pulls.create(asked);
  await expect(rest.pulls.create(asked)).rejects.toMatchObject({ status: 422 });
  await github.merge("khalani/git", made.number);

  const head = "khalani:proposed";
  const { data: all } = await rest.pulls.list({ ...where, head, state: "all" });
  expect(all).toMatchObject([{ state: "closed", head: { sha: commit.sha } }]);
  expect(all[0]?.merged_at).toBeTruthy();
  expect(await git("show", "main:b")).toBe("1");
});

test("a token that only reads writes no object and moves no ref", async () => {
  const { rest } = client("read");
  const sha = await tip("main");

  await expect(rest.git.createBlob({ ...where, content: "x" })).rejects.toMatchObject({
    status: 403,
  });
  await expect(rest.git.createRef({ ...where, ref: "refs/heads/mine", sha })).rejects.toMatchObject(
    { status: 403 },
  );
});
