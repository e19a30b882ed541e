import { readFile } from "node:fs/promises";
import {
  type Aws,
  type AwsCall,
  type GithubJob,
  githubClaims,
  type Issuer,
  RELEASE_JOB,
} from "@playbook/world";

const template = new URL("../templates/roles.yml", import.meta.url);

export type RoleOptions = {
  job: GithubJob;
  /** The system of access.yml with a capital letter, as the template's names begin. */
  system: string;
  /** What the template asks for that system, and more. */
  parameters: Record<string, string>;
  /** Of the stack, and of the roles in it. */
  name?: string;
};

/**
 * A role of the library's own template, for a job; `provider` is the account's of GitHub's tokens.
 */
export async function openRole(
  aws: Aws,
  { job, system, parameters, name = "roles" }: RoleOptions,
): Promise<{ role: string; provider: string }> {
  const [owner = "", repository = ""] = job.repository.split("/");
  const { outputs, resources } = await aws.deployTemplate(
    await readFile(template, "utf8"),
    {
      ...{ Name: name, Owner: owner, OwnerId: job.ownerId },
      ...{ Repository: repository, RepositoryId: job.repositoryId },
      ...{ Environment: job.environment ?? "", TrustedWorkflows: job.jobWorkflowRef ?? "" },
      ...parameters,
    },
    name,
  );
  return { role: outputs[`${system}Role`] ?? "", provider: resources.Provider?.id ?? "" };
}

/** The environment of a job whose OIDC token is its way into the account. */
export function jobEnvironment(
  { aws, issuer }: { aws: Pick<Aws, "url">; issuer: Pick<Issuer, "grant"> },
  job: GithubJob,
): Record<string, string> {
  const { url, token } = issuer.grant(githubClaims(job));
  return {
    ...{ GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url },
    ...{ ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token },
  };
}

/** The job of a repository's own workflow that works in production. */
export function productionJob(repository: string, workflow: string): GithubJob {
  const jobWorkflowRef = `${repository}/.github/workflows/${workflow}.yml@refs/heads/main`;
  return { ...RELEASE_JOB, repository, jobWorkflowRef, environment: "production" };
}

/** From here on this process is that job: it has no credentials but the job's token. */
export function becomeJob(...place: Parameters<typeof jobEnvironment>): void {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) {
    delete process.env[name];
  }
  Object.assign(process.env, jobEnvironment(...place));
}

/**
 * What sessions of a role have asked of AWS since it forgot. Who it is everybody may ask: that is
 * what a token of EKS is.
 */
export function askedBy(aws: Aws, role: string): AwsCall[] {
  const session = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/");
  const own = aws.calls().filter(({ principal }) => principal.startsWith(`${session}/`));
  return own.filter(({ action }) => action !== "sts:GetCallerIdentity");
}

/** The names of what was asked for, each once, in order. */
export function actionsOf(calls: readonly AwsCall[]): string[] {
  return [...new Set(calls.map(({ action }) => action))].sort();
}
