import { failureOf, type Octokit } from "./octokit.ts";
import { refusal } from "./refusal.ts";

/**
 * Whether jobs in an environment wait for a reviewer. One that a job has made by naming it has
 * none. Throws what `refusal` makes.
 */
export async function hasReviewers(
  octokit: Octokit,
  { repository, environment }: { repository: string; environment: string },
): Promise<boolean> {
  const [owner = "", repo = ""] = repository.split("/");
  try {
    const where = { owner, repo, environment_name: environment };
    const { data } = await octokit.rest.repos.getEnvironment(where);
    return (data.protection_rules ?? []).some(
      (rule) => "reviewers" in rule && isAny(rule.reviewers),
    );
  } catch (error) {
    if (failureOf(error).status === 404) return false;
    throw refusal(error, { doing: `the environment ${environment}`, permission: "actions: read" });
  }
}

function isAny(reviewers: unknown[] | undefined): boolean {
  return (reviewers ?? []).length > 0;
}
