import { ActionError, reason } from "@playbook/action";
import { failureOf } from "./octokit.ts";
import { limitWait } from "./retry.ts";

export type Attempt = {
  /** What was being done, as a noun: `the comment on pull request #5`. */
  doing: string;
  /** What a job's `permissions` have to grant for it. */
  permission: string;
};

/**
 * The words for what GitHub did not do: `permission-missing`, `token-refused`, `github-limited` or
 * `github-failed`. Errors that have words already are passed on.
 */
export function refusal(error: unknown, { doing, permission }: Attempt): ActionError {
  if (error instanceof ActionError) return error;
  const failure = failureOf(error);
  const said = `GitHub answered: ${reason(error)}`;

  if (failure.status === 403 && /not accessible by/i.test(failure.message)) {
    return new ActionError("permission-missing", {
      what: `The token has no right for ${doing}.`,
      why:
        `It lacks \`${permission}\`. A pull request from a fork or from ` +
        "Dependabot never has more than reading.",
      next:
        `Grant the job \`${permission}\`, or use the workflow ` +
        "comment-plan after such a pull request.",
    });
  }
  if (failure.status === 401) {
    return new ActionError("token-refused", {
      what: `GitHub does not know the token for ${doing}.`,
      why: said,
      next: "Pass `${{ github.token }}`; it ends with its job.",
    });
  }
  // The time does not matter: only whether there is one.
  if (limitWait(failure, 0) !== undefined) {
    return new ActionError("github-limited", {
      what: `GitHub's limit of requests is used up for ${doing}.`,
      why: said,
      next: "Run the job again in an hour.",
    });
  }
  return new ActionError(
    "github-failed",
    {
      what: `GitHub does not carry out ${doing}.`,
      why: said,
      next: "Run the job again; githubstatus.com tells if GitHub has a problem.",
    },
    { cause: error },
  );
}
