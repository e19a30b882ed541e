import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import {
  type Github,
  type Permissions,
  type Results,
  startGithub,
  startResults,
} from "@playbook/world";
import { zip } from "./zip.ts";

let results: Results;
let github: Github;
let folder: string;
let downloadArtifact: typeof import("../src/index.ts").downloadArtifact;

const repository = "khalani/nexus";
const environment = { ...process.env };
const { write } = process.stdout;
const { error } = console;
const runId = 77;

beforeAll(async () => {
  // GitHub's clients tell every step of theirs, to what they find as they are loaded.
  process.stdout.write = () => true;
  console.error = () => {};
  results = await startResults();
  github = await startGithub({ results });
  // Octokit reads it once, as it is loaded.
  process.env.GITHUB_API_URL = github.url;
  const { DefaultArtifactClient } = await import("@actions/artifact");
  ({ downloadArtifact } = await import("../src/index.ts"));
  folder = await mkdtemp(join(tmpdir(), "other-run-test-"));

  Object.assign(process.env, results.env(String(runId)));
  const made = github.repository(repository);
  made.runs.push({
    ...{ id: runId, number: 1, name: "Plan", path: ".github/workflows/plan.yml" },
    ...{ event: "pull_request", status: "completed", conclusion: "success" },
    ...{ headSha: "f".repeat(40), headBranch: "feature", headRepository: "mallory/nexus" },
    ...{ actor: made.owner, createdAt: new Date().toISOString() },
  });
  const evil = join(folder, "evil.zip");
  await writeFile(evil, zip([{ name: "summary.md", content: "/etc/passwd", mode: 0o120777 }]));
  await writeFile(join(folder, "summary.md"), "the plan");
  const client = new DefaultArtifactClient();
  await client.uploadArtifact("plan", [join(folder, "summary.md")], folder);
  await client.uploadArtifact("evil.zip", [evil], folder, { skipArchive: true });

  // This job is another run's, which has no artifacts.
  Object.assign(process.env, results.env("78"));
});

afterAll(async () => {
  process.stdout.write = write;
  console.error = error;
  process.env = environment;
  await rm(folder, { recursive: true });
  await github?.[Symbol.asyncDispose]();
  await results[Symbol.asyncDispose]();
});

async function fetched(name: string, permissions: Permissions = { actions: "read" }) {
  const into = join(folder, "into");
  const token = github.token(permissions, repository);
  await downloadArtifact(name, into, contextForTests(), { from: { runId, repository, token } });
  return await readdir(into);
}

test("a trusted run reads what another run stored", async () => {
  expect(await fetched("plan")).toEqual(["summary.md"]);
});

test("a link in a stranger's archive is refused", async () => {
  await expect(fetched("evil.zip")).rejects.toMatchObject({
    code: "artifact-refused",
    why: expect.stringContaining('"summary.md" is neither a file nor a folder'),
  });
});

test("a name that the other run did not store is missing", async () => {
  await expect(fetched("else")).rejects.toMatchObject({ code: "artifact-missing" });
});

test("a token that may not read runs is told what it lacks", async () => {
  await expect(fetched("plan", { "pull-requests": "write" })).rejects.toMatchObject({
    code: "permission-missing",
    next: expect.stringContaining("`actions: read`"),
  });
});
