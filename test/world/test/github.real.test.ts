/*
 * What GitHub's REST API does, as far as this project relies on it. It holds for the double, and
 * for GitHub itself when these are set:
 *
 *   PLAYBOOK_REAL_GITHUB='repository=OWNER/NAME&pull=NUMBER'
 *   PLAYBOOK_REAL_GITHUB_WRITER    a workflow's token with pull-requests: write, deployments: write
 *   PLAYBOOK_REAL_GITHUB_READER    one with pull-requests: read
 *
 * The suite comments on the pull request and deploys its head to the environment `contract`, and
 * removes both.
 */
import { randomUUID } from "node:crypto";
import { getOctokit } from "@actions/github";
import { type Github, startGithub } from "../src/github/github.ts";
import { type Results, startResults } from "../src/runner/results.ts";

type Place = { owner: string; repo: string; pull: number; writer: string; reader: string };

let results: Results | undefined;
let double: Github | undefined;
let place: Place;

beforeAll(async () => {
  const real = process.env.PLAYBOOK_REAL_GITHUB;
  place = real === undefined ? await furnish() : readPlace(real);
});

afterAll(async () => {
  await double?.[Symbol.asyncDispose]();
  await results?.[Symbol.asyncDispose]();
});

async function furnish(): Promise<Place> {
  results = await startResults();
  double = await startGithub({ results });
  const name = "khalani/contract";
  const { number } = double.openPull(name, {});
  const writer = double.token({ "pull-requests": "write", deployments: "write" }, name);
  const reader = double.token({ "pull-requests": "read" }, name);
  return { owner: "khalani", repo: "contract", pull: number, writer, reader };
}

function readPlace(text: string): Place {
  const asked = new URLSearchParams(text);
  const [owner = "", repo = ""] = (asked.get("repository") ?? "").split("/");
  const { PLAYBOOK_REAL_GITHUB_WRITER: writer = "", PLAYBOOK_REAL_GITHUB_READER: reader = "" } =
    process.env;
  return { owner, repo, pull: Number(asked.get("pull")), writer, reader };
}

function clientOf(token: string) {
  return getOctokit(token, double && { baseUrl: double.url });
}

test("a comment is found by its text, changed in place, and gone when it is removed", async () => {
  const { owner, repo, pull: issue_number, writer } = place;
  const octokit = clientOf(writer);
  const { rest } = octokit;
  const mark = `contract ${randomUUID()}`;
  const find = async () => {
    const where = { owner, repo, issue_number, per_page: 100 };
    const all = await octokit.paginate(rest.issues.listComments, where);
    return all.find(({ body }) => body?.includes(mark));
  };

  const { data } = await rest.issues.createComment({ owner, repo, issue_number, body: mark });
  const changed = `${mark}, changed`;
  await rest.issues.updateComment({ owner, repo, comment_id: data.id, body: changed });

  expect(await find()).toMatchObject({ id: data.id, body: changed });
  await rest.issues.deleteComment({ owner, repo, comment_id: data.id });
  expect(await find()).toBeUndefined();
});

test("a comment of more than 65,536 characters is refused with 422", async () => {
  const { owner, repo, pull: issue_number, writer } = place;
  const body = "x".repeat(65_537);

  await expect(
    clientOf(writer).rest.issues.createComment({ owner, repo, issue_number, body }),
  ).rejects.toMatchObject({ status: 422 });
});

test("a token that may only read is refused with 403 and GitHub's reason", async () => {
  const { owner, repo, pull: issue_number, reader } = place;

  await expect(
    clientOf(reader).rest.issues.createComment({ owner, repo, issue_number, body: "no" }),
  ).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining("Resource not accessible by integration"),
  });
});

test("a token that is nobody's is refused with 401", async () => {
  const { owner, repo } = place;

  await expect(
    clientOf(`ghs_${"0".repeat(36)}`).rest.repos.get({ owner, repo }),
  ).rejects.toMatchObject({ status: 401 });
});

test("a comment that is not there is 404", async () => {
  const { owner, repo, writer } = place;

  await expect(
    clientOf(writer).rest.issues.updateComment({ owner, repo, comment_id: 1, body: "late" }),
  ).rejects.toMatchObject({ status: 404 });
});

test("a pull request is found by the owner and branch of its head", async () => {
  const { owner, repo, pull, writer } = place;
  const { rest } = clientOf(writer);
  const { data } = await rest.pulls.get({ owner, repo, pull_number: pull });

  const found = await rest.pulls.list({ owner, repo, head: data.head.label });

  expect(found.data.map(({ number }) => number)).toContain(pull);
});

test("a transient deployment is found by its task, and can be deleted once it is inactive", async () => {
  const { owner, repo, pull, writer } = place;
  const { rest } = clientOf(writer);
  const { data } = await rest.pulls.get({ owner, repo, pull_number: pull });
  const task = `contract:${randomUUID()}`;
  const at = { owner, repo, environment: "contract", task };
  const deploy = async () => {
    const options = { transient_environment: true, production_environment: false };
    const asked = { ...at, ...options, auto_merge: false, required_contexts: [] };
    const payload = { pull };
    const made = await rest.repos.createDeployment({ ...asked, ref: data.head.sha, payload });
    if (!("id" in made.data)) throw new Error("not deployed");
    const where = { owner, repo, deployment_id: made.data.id };
    const url = { environment_url: "https://pr-1.example.net", auto_inactive: false };
    await rest.repos.createDeploymentStatus({ ...where, ...url, state: "success" });
    return where;
  };
  const [first, second] = [await deploy(), await deploy()];

  const found = await rest.repos.listDeployments(at);
  expect(found.data.map(({ id }) => id).sort()).toEqual(
    [first.deployment_id, second.deployment_id].sort(),
  );
  const { data: statuses } = await rest.repos.listDeploymentStatuses(first);
  expect(statuses.map(({ state }) => state)).toEqual(["success"]);
  await expect(rest.repos.deleteDeployment(first)).rejects.toMatchObject({ status: 422 });

  for (const where of [first, second]) {
    await rest.repos.createDeploymentStatus({ ...where, state: "inactive" });
    await rest.repos.deleteDeployment(where);
  }
  expect((await rest.repos.listDeployments(at)).data).toEqual([]);
});
