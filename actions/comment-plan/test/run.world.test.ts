import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import type { Permissions, Pull } from "@playbook/world";
import { openStage, type Stage } from "../../../packages/github/test/stage.ts";
import type { Inputs } from "../src/run.ts";

let stage: Stage;
let run: typeof import("../src/run.ts").run;
let uploadArtifact: typeof import("@playbook/github").uploadArtifact;

const sha = "f".repeat(40);
const all: Permissions = { "pull-requests": "write", actions: "read" };

beforeAll(async () => {
  stage = await openStage();
  ({ run } = await import("../src/run.ts"));
  ({ uploadArtifact } = await import("@playbook/github"));
});
afterAll(() => stage?.[Symbol.asyncDispose]());

async function planned(id: number, files: Record<string, string>): Promise<void> {
  stage.inRun(id);
  const plan = join(stage.folder, String(id), ".playbook/plan");
  await mkdir(plan, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(plan, name), text);
  await uploadArtifact("contracts-plan", plan, contextForTests());
}

function inputsFor(repository: string, over: Partial<Inputs> & { permissions?: Permissions } = {}) {
  const { permissions = all, ...more } = over;
  return {
    ...{ artifact: "contracts-plan", author: "github-actions[bot]", headSha: sha, repository },
    ...{ runId: undefined, pullRequest: undefined, head: undefined, ownRun: 0 },
    ...{
      server: "https://github.com",
      token: stage.github.token(permissions, repository),
      ...more,
    },
  };
}

/** A pull request of a fork, and the run that planned it, which has ended. */
async function forked(name: string, id: number, summary: string): Promise<Pull> {
  const repository = stage.github.repository(`khalani/${name}`);
  const head = { repository: `mallory/${name}`, branch: "feature", sha };
  repository.runs.push({
    ...{ id, number: 1, name: "Plan", path: ".github/workflows/plan.yml", event: "pull_request" },
    ...{ status: "completed", conclusion: "success", headSha: sha, headBranch: head.branch },
    ...{ headRepository: head.repository, actor: repository.owner, createdAt: "2026-01-01" },
  });
  await planned(id, { "summary.md": summary, "plan.json": "{}" });
  return stage.github.openPull(repository.name, { head });
}

const fork = (id: number) => ({ runId: id, head: "mallory:feature", ownRun: id + 1 });

test("the plan of a branch of one's own becomes the comment, and its next push changes it", async () => {
  const name = "khalani/own";
  const pull = stage.github.openPull(name, { head: { repository: name, branch: "change", sha } });
  const pullRequest = pull.number;

  await planned(501, { "summary.md": "## The plan" });
  const first = await run(inputsFor(name, { pullRequest, ownRun: 501 }), contextForTests());
  pull.head.sha = "e".repeat(40);
  await planned(502, { "summary.md": "## The next plan" });
  const second = await run(
    inputsFor(name, { pullRequest, ownRun: 502, headSha: pull.head.sha }),
    contextForTests(),
  );

  expect(second.outputs.comment).toBe(first.outputs.comment);
  const [comment, ...others] = stage.github.repository(name).comments;
  expect(others).toEqual([]);
  expect(comment?.body).toContain("## The next plan");
  expect(comment?.body).toContain("https://github.com/khalani/own/actions/runs/502");
});

test("a fork's plan is commented by the trusted run, and mentions nobody", async () => {
  await forked("forked", 511, "## The plan\n\nask @alice, see #5 ![x](https://evil.example)");

  const { outputs } = await run(inputsFor("khalani/forked", fork(511)), contextForTests());

  const [comment] = stage.github.repository("khalani/forked").comments;
  expect(outputs.comment).toContain(`#issuecomment-${comment?.id}`);
  expect(comment?.body).toContain("## The plan");
  expect(comment?.body).not.toMatch(/@alice|#5|https:\/\/evil/);
});

test("a fork that pushed again is left to its next run", async () => {
  const pull = await forked("moved", 521, "old");
  pull.head.sha = "e".repeat(40);
  const context = contextForTests();

  const { outputs } = await run(inputsFor("khalani/moved", fork(521)), context);

  expect(outputs.comment).toBe("");
  expect(context.said.join()).toContain("has moved on from fffffff");
  expect(stage.github.repository("khalani/moved").comments).toEqual([]);
});

test("a plan longer than GitHub's limit is cut, with a link to the whole", async () => {
  await forked("long", 531, `\`\`\`diff\n${"+ line @bob\n".repeat(20_000)}\`\`\`\n`);

  await run(inputsFor("khalani/long", fork(531)), contextForTests());

  const [comment] = stage.github.repository("khalani/long").comments;
  expect(comment?.body).toMatch(/\n```\n\n\*Cut here: the whole is in \[the run\]\(.*runs\/531\)/);
});

test("an artifact that is no plan is refused", async () => {
  await forked("none", 541, "");
  await planned(541, { "plan.json": "{}" });
  await rm(join(stage.folder, "541/.playbook/plan/summary.md"));
  await planned(541, { "plan.json": "{}" });

  await expect(run(inputsFor("khalani/none", fork(541)), contextForTests())).rejects.toMatchObject({
    code: "plan-unreadable",
    why: expect.stringContaining("summary.md"),
  });
});

test.each<{ missing: string; permissions: Permissions }>([
  { missing: "pull-requests: write", permissions: { actions: "read", "pull-requests": "read" } },
  { missing: "pull-requests: read", permissions: { actions: "read" } },
  { missing: "actions: read", permissions: { "pull-requests": "write" } },
])("without `$missing` it fails and says so", async ({ missing, permissions }) => {
  const name = `without-${missing.replace(": ", "-")}`;
  await forked(name, 551 + missing.length, "## The plan");
  const inputs = inputsFor(`khalani/${name}`, { ...fork(551 + missing.length), permissions });

  await expect(run(inputs, contextForTests())).rejects.toMatchObject({
    code: "permission-missing",
    next: expect.stringContaining(`\`${missing}\``),
  });
});

test("which pull request it is has to be said", async () => {
  await expect(run(inputsFor("khalani/unsaid"), contextForTests())).rejects.toMatchObject({
    code: "bad-input",
  });
});
