import { ActionError, reason } from "@playbook/action";
import { failureOf } from "./octokit.ts";
import { limitWait } from "./retry.ts";

/** What was being done, and what a job's `permissions` have to grant for it. */
export type Attempt = { what: string; permission: string };

/**
 * The words for what GitHub did not do: `permission-missing`, `token-refused`, `github-limited` or
 * `github-failed`. Errors that have words already are passed on.
 */
export function refusal(error: unknown, { what, permission }: Attempt): ActionError {
  if (error instanceof ActionError) return error;
  const failure = failureOf(error);
  const { status, message } = failure;
  const as = (code: string, why: string, next: string) =>
    new ActionError(code, { what, why, next }, { cause: error });

  if (status === 401) {
    return as("token-refused", "GitHub does not know the token.", "Pass `${{ github.token }}`.");
  }
  if (status === 403 && /not accessible by/i.test(message)) {
    return as(
      "permission-missing",
      `The token may not: it lacks \`${permission}\`.`,
      `Grant the job \`${permission}\`; a pull request from a fork or from Dependabot never has it, use the workflow comment-plan there.`,
    );
  }
  // The time does not matter: only whether there is one.
  if (limitWait(failure, 0) !== undefined) {
    return as(
      "github-limited",
      `GitHub's limit of requests is used up: ${reason(error)}`,
      "Run the job again in an hour.",
    );
  }
  return as(
    "github-failed",
    `GitHub answered: ${reason(error)}`,
    "Run the job again; githubstatus.com tells if GitHub has a problem.",
  );
}
