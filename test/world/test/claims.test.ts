import { type GithubJob, githubClaims, RELEASE_JOB } from "../src/claims.ts";

const job = RELEASE_JOB;

test.each<[string, Partial<GithubJob>, string]>([
  ["a branch", {}, "repo:acme/app:ref:refs/heads/main"],
  ["a tag", { ref: "refs/tags/v1" }, "repo:acme/app:ref:refs/tags/v1"],
  ["a pull request", { event: "pull_request" }, "repo:acme/app:pull_request"],
  ["an environment", { environment: "prod" }, "repo:acme/app:environment:prod"],
  ["an environment with a colon", { environment: "a:b" }, "repo:acme/app:environment:a%3Ab"],
  [
    "a pull request in an environment",
    { event: "pull_request", environment: "prod" },
    "repo:acme/app:environment:prod",
  ],
  [
    "a repository with ids in its subject",
    { environment: "prod", immutableSub: true },
    "repo:acme@42/app@1001:environment:prod",
  ],
])("the subject of %s", (_, changed, subject) => {
  expect(githubClaims({ ...job, ...changed }).sub).toBe(subject);
});

test("a job that is not in a reusable workflow names its own workflow", () => {
  const workflowRef = "acme/app/.github/workflows/release.yml@refs/heads/main";

  expect(githubClaims({ ...job, workflowRef })).toMatchObject({
    workflow_ref: workflowRef,
    job_workflow_ref: workflowRef,
  });
});

test("a job without an environment has no claim of that name", () => {
  expect(githubClaims(job)).not.toHaveProperty("environment");
});
