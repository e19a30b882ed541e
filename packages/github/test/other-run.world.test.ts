import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import type { Permissions } from "@playbook/world";
import { openStage, type Stage } from "./stage.ts";
import { zip } from "./zip.ts";

let stage: Stage;
let downloadArtifact: typeof import("../src/index.ts").downloadArtifact;

const repository = "khalani/nexus";
const runId = 77;

beforeAll(async () => {
  stage = await openStage();
  const { DefaultArtifactClient } = await import("@actions/artifact");
  ({ downloadArtifact } = await import("../src/index.ts"));

  stage.inRun(runId);
  const { folder, github } = stage;
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
  stage.inRun(runId + 1);
});
afterAll(() => stage?.[Symbol.asyncDispose]());

async function fetched(name: string, permissions: Permissions = { actions: "read" }) {
  const into = join(stage.folder, "into");
  const token = stage.github.token(permissions, repository);
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
