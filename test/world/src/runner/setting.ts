import { type Claims, githubClaims } from "../claims.ts";
import type { Github } from "../github/github.ts";
import type { Account, Repository, WorkflowRun } from "../github/state.ts";
import type { Contexts } from "./contexts.ts";
import type { Event } from "./event.ts";
import { grants } from "./permissions.ts";
import type { JobSetting } from "./serve.ts";
import type { Job, RunPlan } from "./workflow.ts";
import type { WorkflowFile } from "./workflow-file.ts";

/** A run as everything in it knows it. */
export type RunFacts = {
  run: WorkflowRun;
  repository: Repository;
  event: Event;
  sha: string;
  actor: Account;
  plan: RunPlan;
};

/** `owner/name/.github/workflows/file.yml@ref`. */
export function refOf({ source, path }: WorkflowFile): string {
  return `${source.repository}/${path}@${source.ref}`;
}

/** The GITHUB_ variables that the runner does not know itself. */
export function runEnvironment(facts: RunFacts, { url }: Github): Record<string, string> {
  const { run, repository, event, sha, actor, plan } = facts;
  return {
    GITHUB_ACTOR_ID: String(actor.id),
    GITHUB_API_URL: url,
    GITHUB_BASE_REF: event.baseRef,
    GITHUB_GRAPHQL_URL: `${url}/graphql`,
    GITHUB_HEAD_REF: event.headRef,
    GITHUB_REF: event.ref,
    GITHUB_REF_PROTECTED: "false",
    GITHUB_REPOSITORY: repository.name,
    GITHUB_REPOSITORY_ID: String(repository.id),
    GITHUB_REPOSITORY_OWNER: repository.owner.login,
    GITHUB_REPOSITORY_OWNER_ID: String(repository.owner.id),
    GITHUB_RETENTION_DAYS: "90",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_TRIGGERING_ACTOR: actor.login,
    GITHUB_WORKFLOW_REF: refOf(plan.file),
    GITHUB_WORKFLOW_SHA: sha,
  };
}

/** What GitHub's contexts say in one job, and the runner's do not. */
export function jobSetting(
  { repository, actor, sha, plan }: RunFacts,
  job: Job,
  { token, actionEnv }: { token: string; actionEnv: Record<string, string> },
): JobSetting {
  const contexts: Contexts = {
    "github.token": token,
    "secrets.github_token": token,
    "github.actor_id": String(actor.id),
    "github.repository_id": String(repository.id),
    "github.repository_owner_id": String(repository.owner.id),
    "github.triggering_actor": actor.login,
    "github.workflow_ref": refOf(plan.file),
    "github.workflow_sha": sha,
    "job.workflow_file_path": job.file.path,
    "job.workflow_ref": refOf(job.file),
    "job.workflow_repository": job.file.source.repository,
    "job.workflow_sha": job.file.source.sha,
  };
  const seen = repository.visibility === "public" || grants(job.permissions, "contents", "read");
  const noCheckout =
    "remote: Repository not found.\n" +
    `fatal: repository 'https://github.com/${repository.name}/' not found`;
  return { contexts, actionEnv, ...(!seen && { noCheckout }) };
}

/** The claims of one job's identity. */
export function jobClaims(facts: RunFacts, job: Job, environment: string): Claims {
  const { run, repository, event, sha, actor, plan } = facts;
  return githubClaims({
    repository: repository.name,
    repositoryId: String(repository.id),
    ownerId: String(repository.owner.id),
    visibility: repository.visibility,
    ref: event.ref,
    sha,
    event: event.name,
    actor: actor.login,
    actorId: String(actor.id),
    workflow: plan.name,
    workflowRef: refOf(plan.file),
    workflowSha: sha,
    jobWorkflowRef: refOf(job.file),
    jobWorkflowSha: job.file.source.sha,
    ...(environment && { environment }),
    runId: String(run.id),
    runNumber: String(run.number),
    headRef: event.headRef,
    baseRef: event.baseRef,
  });
}
