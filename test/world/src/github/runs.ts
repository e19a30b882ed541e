import type { Results } from "../runner/results.ts";
import { describedRepository } from "./pulls.ts";
import { type Ask, notFound, page, type Route, type Told } from "./route.ts";
import { account, type Repository, type WorkflowRun } from "./state.ts";

const base = "/repos/{owner}/{repo}/actions";
const needs: Route["needs"] = [{ scope: "actions", level: "read" }];

/** Workflow runs and what they uploaded, for those who work on after another run. */
export function runRoutes(results: Results): Route[] {
  const artifactsOf = ({ repository }: Ask) => {
    const ids = repository.runs.map(({ id }) => String(id));
    return results.artifacts().filter(({ run }) => ids.includes(run));
  };
  const find = (ask: Ask) => artifactsOf(ask).find(({ id }) => id === Number(ask.path.artifact_id));

  const listArtifacts = (ask: Ask): Told => {
    const { run_id: run } = ask.path;
    const name = ask.query.get("name");
    const found = artifactsOf(ask)
      .filter((artifact) => (!run || artifact.run === run) && (!name || artifact.name === name))
      .reverse();
    return page(found, ask, (shown) => ({
      total_count: found.length,
      artifacts: shown.map((artifact) => describedArtifact(artifact, ask.repository)),
    }));
  };
  const getArtifact = (ask: Ask): Told => {
    const found = find(ask);
    return found ? { status: 200, body: describedArtifact(found, ask.repository) } : notFound;
  };
  const download = (ask: Ask): Told => {
    const found = find(ask);
    if (!found || ask.path.archive_format !== "zip") return notFound;
    return { status: 302, headers: { location: results.download(found) } };
  };

  return [
    { method: "GET", path: `${base}/runs`, needs, answer: listRuns },
    { method: "GET", path: `${base}/runs/{run_id}`, needs, answer: getRun },
    { method: "GET", path: `${base}/runs/{run_id}/artifacts`, needs, answer: listArtifacts },
    { method: "GET", path: `${base}/artifacts`, needs, answer: listArtifacts },
    { method: "GET", path: `${base}/artifacts/{artifact_id}`, needs, answer: getArtifact },
    {
      method: "GET",
      path: `${base}/artifacts/{artifact_id}/{archive_format}`,
      needs,
      answer: download,
    },
  ];
}

function listRuns(ask: Ask): Told {
  const branch = ask.query.get("branch");
  const event = ask.query.get("event");
  const sha = ask.query.get("head_sha");
  const found = ask.repository.runs
    .filter((run) => (!branch || run.headBranch === branch) && (!event || run.event === event))
    .filter((run) => !sha || run.headSha === sha)
    .reverse();
  return page(found, ask, (shown) => ({
    total_count: found.length,
    workflow_runs: shown.map((run) => described(run, ask.repository)),
  }));
}

function getRun({ repository, path }: Ask): Told {
  const found = repository.runs.find(({ id }) => id === Number(path.run_id));
  return found ? { status: 200, body: described(found, repository) } : notFound;
}

/** Of a fork's run, `pull_requests` is empty: its pull request is found by its branch. */
export function described(run: WorkflowRun, repository: Repository) {
  const { id, number, name, path, event, status, conclusion, actor, createdAt } = run;
  const own = describedRepository(repository);
  const pulls = repository.pulls.filter(
    ({ head, state }) =>
      state === "open" && head.repository === repository.name && head.branch === run.headBranch,
  );
  return {
    ...{ id, name, path, event, status, conclusion, actor, triggering_actor: actor },
    ...{ run_number: number, run_attempt: 1, head_sha: run.headSha, head_branch: run.headBranch },
    ...{ created_at: createdAt, updated_at: createdAt, run_started_at: createdAt },
    html_url: `https://github.com/${repository.name}/actions/runs/${id}`,
    repository: own,
    head_repository: describedHead(run, repository),
    pull_requests: pulls.map((pull) => ({
      ...{ id: pull.number + 1_000_000, number: pull.number, url: "" },
      head: { ref: pull.head.branch, sha: pull.head.sha, repo: { ...own, url: own.url } },
      base: { ref: pull.base.branch, sha: pull.base.sha, repo: { ...own, url: own.url } },
    })),
  };
}

function describedHead({ headRepository: name }: WorkflowRun, repository: Repository) {
  const own = describedRepository(repository);
  const [login = ""] = name.split("/");
  const fork = name !== repository.name;
  return fork ? { ...own, full_name: name, fork, owner: account(login) } : own;
}

function describedArtifact(
  artifact: ReturnType<Results["artifacts"]>[number],
  repository: Repository,
) {
  const { id, name, size, digest, createdAt, run } = artifact;
  const url = `https://api.github.com/repos/${repository.name}/actions/artifacts/${id}`;
  const head = repository.runs.find((one) => String(one.id) === run);
  return {
    ...{ id, name, digest, size_in_bytes: size, expired: false, url },
    archive_download_url: `${url}/zip`,
    ...{ created_at: createdAt, updated_at: createdAt, expires_at: null },
    workflow_run: { id: Number(run), head_branch: head?.headBranch, head_sha: head?.headSha },
  };
}
