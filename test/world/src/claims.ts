/** A job of a GitHub workflow run, as far as its OIDC token speaks of it. */
export type GithubJob = {
  /** Owner and name: `acme/app`. */
  repository: string;
  repositoryId: string;
  ownerId: string;
  /** The ref of the run, for example `refs/heads/main` or `refs/pull/7/merge`. */
  ref: string;
  sha: string;
  event: string;
  actor: string;
  actorId?: string;
  /** The workflow's `name:`. */
  workflow: string;
  /** The workflow that runs: `acme/app/.github/workflows/release.yml@refs/heads/main`. */
  workflowRef?: string;
  workflowSha?: string;
  /** The reusable workflow that the job is defined in; by default the workflow itself. */
  jobWorkflowRef?: string;
  jobWorkflowSha?: string;
  environment?: string;
  runId?: string;
  runNumber?: string;
  runAttempt?: string;
  checkRunId?: string;
  headRef?: string;
  baseRef?: string;
  refProtected?: boolean;
  visibility?: "public" | "private" | "internal";
  runner?: "github-hosted" | "self-hosted";
  /** Slug and number of the enterprise that the owner belongs to. */
  enterprise?: { slug: string; id: string };
  /** `sub` with the ids in it, as repositories made since 2026-07-15 have it. */
  immutableSub?: boolean;
};

export type Claims = Record<string, string | number | string[]>;

/** A job of a product's release, as tests begin with it. */
export const RELEASE_JOB: GithubJob = {
  repository: "acme/app",
  repositoryId: "1001",
  ownerId: "42",
  ref: "refs/heads/main",
  sha: "0".repeat(40),
  event: "workflow_dispatch",
  actor: "ada",
  workflow: "release",
};

/** The claims that GitHub's issuer puts into a job's token, without the times and the audience. */
export function githubClaims(job: GithubJob): Claims & { sub: string } {
  const [owner = ""] = job.repository.split("/");
  const workflowRef = job.workflowRef ?? `${job.repository}/.github/workflows/ci.yml@${job.ref}`;
  return {
    sub: subject(job),
    ...(job.environment !== undefined && { environment: job.environment }),
    ref: job.ref,
    ref_type: job.ref.startsWith("refs/tags/") ? "tag" : "branch",
    ref_protected: String(job.refProtected ?? false),
    sha: job.sha,
    base_ref: job.baseRef ?? "",
    head_ref: job.headRef ?? "",
    repository: job.repository,
    repository_id: job.repositoryId,
    repository_owner: owner,
    repository_owner_id: job.ownerId,
    repository_visibility: job.visibility ?? "private",
    actor: job.actor,
    actor_id: job.actorId ?? "1",
    event_name: job.event,
    workflow: job.workflow,
    workflow_ref: workflowRef,
    workflow_sha: job.workflowSha ?? job.sha,
    job_workflow_ref: job.jobWorkflowRef ?? workflowRef,
    job_workflow_sha: job.jobWorkflowSha ?? job.workflowSha ?? job.sha,
    run_id: job.runId ?? "1",
    run_number: job.runNumber ?? "1",
    run_attempt: job.runAttempt ?? "1",
    check_run_id: job.checkRunId ?? "1",
    runner_environment: job.runner ?? "github-hosted",
    ...(job.enterprise && { enterprise: job.enterprise.slug, enterprise_id: job.enterprise.id }),
  };
}

/** An environment's name comes first, then a pull request, then the ref. */
function subject(job: GithubJob): string {
  const context =
    job.environment !== undefined
      ? `environment:${job.environment.replaceAll(":", "%3A")}`
      : job.event === "pull_request"
        ? "pull_request"
        : `ref:${job.ref}`;
  return `repo:${repositoryInSubject(job)}:${context}`;
}

function repositoryInSubject({ repository, ownerId, repositoryId, immutableSub }: GithubJob) {
  if (!immutableSub) return repository;
  const [owner, name] = repository.split("/");
  return `${owner}@${ownerId}/${name}@${repositoryId}`;
}
