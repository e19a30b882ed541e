import type { EnvironmentRules } from "../runner/gate.ts";
import type { Permissions } from "../runner/permissions.ts";

export type Account = { login: string; id: number; type: "User" | "Bot" | "Organization" };

export type Comment = {
  id: number;
  /** The issue or pull request it stands under. */
  issue: number;
  user: Account;
  body: string;
  createdAt: string;
  updatedAt: string;
};

export type Pull = {
  number: number;
  title: string;
  body: string | null;
  state: "open" | "closed";
  user: Account;
  /** `repository` differs from the pull request's own when it comes from a fork. */
  head: { repository: string; branch: string; sha: string };
  base: { branch: string; sha: string };
  mergedAt?: string;
  /** Its head is where the branch is: it was opened through the API, and its repository has one. */
  follows?: boolean;
};

export type DeploymentStatus = {
  id: number;
  state: string;
  description: string;
  environmentUrl: string;
  logUrl: string;
  createdAt: string;
};

export type Deployment = {
  id: number;
  ref: string;
  sha: string;
  task: string;
  environment: string;
  description: string | null;
  payload: unknown;
  /** It is not there for ever: another one's success leaves it as it is. */
  isTransient: boolean;
  creator: Account;
  createdAt: string;
  statuses: DeploymentStatus[];
};

export type CommitStatus = {
  id: number;
  sha: string;
  state: string;
  context: string;
  description: string | null;
  targetUrl: string | null;
  createdAt: string;
};

export type WorkflowRun = {
  id: number;
  number: number;
  name: string;
  /** Path of the workflow's file. */
  path: string;
  event: string;
  status: "in_progress" | "completed";
  conclusion: string | null;
  headSha: string;
  headBranch: string;
  headRepository: string;
  actor: Account;
  createdAt: string;
};

export type Repository = {
  id: number;
  /** `owner/name`. */
  name: string;
  owner: Account;
  visibility: "public" | "private";
  defaultBranch: string;
  environments: Map<string, EnvironmentRules>;
  /** Folder of the git repository that it is, where there is one. */
  git: string | undefined;
  /** The setting "Allow GitHub Actions to create and approve pull requests". */
  opensPulls: boolean;
  pulls: Pull[];
  comments: Comment[];
  deployments: Deployment[];
  statuses: CommitStatus[];
  runs: WorkflowRun[];
};

/** Whom a token speaks for, and what it may do. */
export type Bearer = { repository: string; permissions: Permissions };

export const ACTIONS_BOT: Account = { login: "github-actions[bot]", id: 41898282, type: "Bot" };

/**
 * Ids are never used twice in this process, so that one of another repository is not found here.
 */
let lastId = 10_000;

export function nextId(): number {
  lastId += 1;
  return lastId;
}

export function account(login: string): Account {
  const id = [...login].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 100_000_007, 7);
  return { login, id, type: login.endsWith("[bot]") ? "Bot" : "User" };
}

export function now(): string {
  return new Date().toISOString().replace(/\.\d+/, "");
}
