import { getOctokit } from "@actions/github";
import { type Github, startGithub } from "../src/github/github.ts";
import type { Permissions } from "../src/runner/permissions.ts";
import { type Results, startResults } from "../src/runner/results.ts";

let results: Results;
let github: Github;

const owner = "khalani";
const full = { contents: "read", "pull-requests": "write", deployments: "write" } as const;

beforeAll(async () => {
  results = await startResults();
  github = await startGithub({ results });
});

afterAll(async () => {
  await github?.[Symbol.asyncDispose]();
  await results[Symbol.asyncDispose]();
});

/** GitHub's own client, with a token like a job's. */
function clientOf(repo: string, permissions: Permissions = full) {
  const token = github.token(permissions, `${owner}/${repo}`);
  return getOctokit(token, { baseUrl: github.url }).rest;
}

test("a comment is written, found on a later page, changed and removed", async () => {
  const repo = "comments";
  const rest = clientOf(repo);
  const { number } = github.openPull(`${owner}/${repo}`, {});
  for (let i = 0; i < 40; i++) github.comment(`${owner}/${repo}`, number, "alice", `remark ${i}`);
  const where = { owner, repo, issue_number: number };

  const { data: made } = await rest.issues.createComment({ ...where, body: "the plan" });
  await rest.issues.updateComment({ owner, repo, comment_id: made.id, body: "the new plan" });
  const second = await rest.issues.listComments({ ...where, page: 2 });
  await rest.issues.deleteComment({ owner, repo, comment_id: made.id });

  expect(second.data).toHaveLength(11);
  expect(second.data.at(-1)).toMatchObject({
    body: "the new plan",
    user: { login: "github-actions[bot]", type: "Bot" },
  });
  const left = await rest.issues.listComments({ ...where, per_page: 100 });
  expect(left.data).toHaveLength(40);
});

test("octokit pages through a list by GitHub's own links", async () => {
  const repo = "pages";
  const { number } = github.openPull(`${owner}/${repo}`, {});
  for (let i = 0; i < 75; i++) github.comment(`${owner}/${repo}`, number, "alice", `remark ${i}`);
  const octokit = getOctokit(github.token(full, `${owner}/${repo}`), { baseUrl: github.url });

  const all = await octokit.paginate(octokit.rest.issues.listComments, {
    ...{ owner, repo, issue_number: number },
  });

  expect(all.map(({ body }) => body).at(-1)).toBe("remark 74");
});

test("what a token was not granted is refused in GitHub's words", async () => {
  const repo = "rights";
  const { number } = github.openPull(`${owner}/${repo}`, {});
  const reader = clientOf(repo, { contents: "read", "pull-requests": "read" });
  const where = { owner, repo, issue_number: number };

  await expect(reader.issues.listComments(where)).resolves.toMatchObject({ data: [] });
  await expect(reader.issues.createComment({ ...where, body: "no" })).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining("Resource not accessible by integration"),
  });
});

test("no workflow's token deletes an environment", async () => {
  github.repository(`${owner}/environments`, { environments: { production: {} } });
  const rest = clientOf("environments", { actions: "write", deployments: "write" });
  const where = { owner, repo: "environments", environment_name: "production" };

  await expect(rest.repos.getEnvironment(where)).resolves.toMatchObject({ status: 200 });
  await expect(rest.repos.deleteAnEnvironment(where)).rejects.toMatchObject({ status: 403 });
});

test("a token of another repository does not even see that there is one", async () => {
  github.repository(`${owner}/secret`);

  await expect(clientOf("elsewhere").repos.get({ owner, repo: "secret" })).rejects.toMatchObject({
    status: 404,
  });
});

test("a fork's pull request is found by its branch, not by its commit", async () => {
  const repo = "forked";
  const sha = "f".repeat(40);
  const head = { repository: "mallory/forked", branch: "feature", sha };
  const { number } = github.openPull(`${owner}/${repo}`, { head });
  const rest = clientOf(repo);

  const byBranch = await rest.pulls.list({ owner, repo, head: "mallory:feature" });
  const byCommit = await rest.repos.listPullRequestsAssociatedWithCommit({
    ...{ owner, repo, commit_sha: sha },
  });

  expect(byBranch.data.map((pull) => pull.number)).toEqual([number]);
  expect(byBranch.data[0]?.head.repo?.fork).toBe(true);
  expect(byCommit.data).toEqual([]);
});

test("a deployment that succeeds makes the one before it inactive", async () => {
  const repo = "deployed";
  const rest = clientOf(repo);
  const deploy = async () => {
    const { data } = await rest.repos.createDeployment({ owner, repo, ref: "main" });
    if (!("id" in data)) throw new Error("not deployed");
    const deployment_id = data.id;
    const state = "success";
    await rest.repos.createDeploymentStatus({ owner, repo, deployment_id, state });
    return deployment_id;
  };

  const first = await deploy();
  await deploy();

  const { data } = await rest.repos.listDeploymentStatuses({ owner, repo, deployment_id: first });
  expect(data.map(({ state }) => state)).toEqual(["inactive", "success"]);
});

test("one that is transient is left as it is, and only an inactive one can be deleted", async () => {
  const repo = "transient";
  const rest = clientOf(repo);
  const deploy = async () => {
    const options = { transient_environment: true, required_contexts: [] };
    const { data } = await rest.repos.createDeployment({ owner, repo, ref: "main", ...options });
    if (!("id" in data)) throw new Error("not deployed");
    const where = { owner, repo, deployment_id: data.id };
    await rest.repos.createDeploymentStatus({ ...where, state: "success" });
    return where;
  };
  const first = await deploy();
  await deploy();

  const { data } = await rest.repos.listDeploymentStatuses(first);
  expect(data.map(({ state }) => state)).toEqual(["success"]);
  await expect(rest.repos.deleteDeployment(first)).rejects.toMatchObject({ status: 422 });
  await rest.repos.createDeploymentStatus({ ...first, state: "inactive" });
  await expect(rest.repos.deleteDeployment(first)).resolves.toMatchObject({ status: 204 });
});

test("a request unlike GitHub's description is refused", async () => {
  const repo = "strict";
  const { number } = github.openPull(`${owner}/${repo}`, {});
  const rest = clientOf(repo);

  await expect(
    // biome-ignore lint/suspicious/noExplicitAny: what TypeScript would not let through
    rest.issues.createComment({ owner, repo, issue_number: number, body: 5 as any }),
  ).rejects.toMatchObject({ status: 422 });
});

test("a comment longer than GitHub's limit is refused", async () => {
  const repo = "long";
  const { number } = github.openPull(`${owner}/${repo}`, {});
  const body = "x".repeat(65_537);

  await expect(
    clientOf(repo).issues.createComment({ owner, repo, issue_number: number, body }),
  ).rejects.toThrow("Body is too long (maximum is 65536 characters)");
});

test("limits come by rule, with the headers that say when to come back", async () => {
  const repo = "limited";
  const rest = clientOf(repo);
  github.fault({ do: "secondary", retryAfter: 7 });
  github.fault({ do: "rate-limit", retryAfter: 60 });

  await expect(rest.repos.get({ owner, repo })).rejects.toMatchObject({
    ...{ status: 403, response: { headers: { "retry-after": "7" } } },
  });
  await expect(rest.repos.get({ owner, repo })).rejects.toMatchObject({
    ...{ status: 403, response: { headers: { "x-ratelimit-remaining": "0" } } },
  });
  await expect(rest.repos.get({ owner, repo })).resolves.toMatchObject({ status: 200 });
});

test("a reply that is lost was a comment all the same", async () => {
  const repo = "lost";
  const { number } = github.openPull(`${owner}/${repo}`, {});
  const rest = clientOf(repo);
  github.fault({ do: "lose-reply", method: "POST" });
  const where = { owner, repo, issue_number: number };

  await expect(rest.issues.createComment({ ...where, body: "once" })).rejects.toThrow();

  const { data } = await rest.issues.listComments(where);
  expect(data.map(({ body }) => body)).toEqual(["once"]);
});
