import { ActionError } from "@playbook/action";
import { type Found, findPull, hasReviewers, type Octokit } from "@playbook/github";

/** A build that wants to be shown. */
export type Candidate = {
  /** `owner/name` of the repository that the pull request is opened in. */
  repository: string;
  /** `owner:branch` of the commit that was built. */
  head: string;
  headSha: string;
  /** Environment that has to have reviewers. */
  reviewedEnvironment?: string | undefined;
};

/**
 * The pull request that a build is shown on, or in words why there is none. An environment that
 * nobody has set up would let everybody's code through: throws `environment-unreviewed`.
 */
export async function pullToShow(
  octokit: Octokit,
  { repository, head, headSha: sha, reviewedEnvironment: environment }: Candidate,
): Promise<Found> {
  if (environment && !(await hasReviewers(octokit, { repository, environment }))) {
    throw new ActionError("environment-unreviewed", {
      what: `The environment ${environment} has no reviewers.`,
      why: "Code of a fork is shown only after somebody of the repository has looked at it.",
      next:
        `Add required reviewers to ${environment} in the ` +
        "repository's settings, and run the job again.",
    });
  }
  return findPull(octokit, { repository, pull: { head }, sha });
}
