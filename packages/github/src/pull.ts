import { failureOf, type Octokit } from "./octokit.ts";
import { refusal } from "./refusal.ts";

export type Pull = { number: number; url: string };

/**
 * Which build a pull request has to be at. All of it comes from the event, which GitHub made: what
 * a build left behind names neither its pull request nor its commit.
 */
export type Build = {
  /** `owner/name` of the repository that the pull request is opened in. */
  repository: string;
  /** The pull request's number, or `owner:branch` of its head where the event has no number. */
  pull: { number: number } | { head: string };
  /** Commit of the head that was built. */
  sha: string;
};

export type Found = { pull: Pull; gone?: undefined } | { pull?: undefined; gone: string };

/** What GitHub tells of a pull request, as far as it is judged. */
export type Candidate = {
  number: number;
  html_url: string;
  state: string;
  head: { label: string | null; sha: string };
  base: { repo: { full_name: string } };
};

/**
 * The one open pull request that is still at the commit of the build, or in words why there is
 * none: nothing is done then. Throws `permission-missing` and what else `refusal` makes.
 */
export async function findPull(octokit: Octokit, build: Build): Promise<Found> {
  try {
    return choose(await candidates(octokit, build), build);
  } catch (error) {
    throw refusal(error, {
      doing: `the list of pull requests of ${build.repository}`,
      permission: "pull-requests: read",
    });
  }
}

/**
 * Whether a pull request is open now: `missing` when there is none of this number. Throws as
 * `findPull` does.
 */
export async function stateOfPull(
  octokit: Octokit,
  { repository, number }: { repository: string; number: number },
): Promise<"open" | "closed" | "missing"> {
  const [owner = "", repo = ""] = repository.split("/");
  try {
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
    return data.state === "open" ? "open" : "closed";
  } catch (error) {
    if (failureOf(error).status === 404) return "missing";
    throw refusal(error, { doing: `pull request #${number}`, permission: "pull-requests: read" });
  }
}

async function candidates(octokit: Octokit, { repository, pull }: Build): Promise<Candidate[]> {
  const [owner = "", repo = ""] = repository.split("/");
  if ("number" in pull) {
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: pull.number });
    return [data];
  }
  // By the head's branch: neither the event nor the commit names a fork's pull request.
  return await octokit.paginate(octokit.rest.pulls.list, {
    ...{ owner, repo, head: pull.head, state: "open", per_page: 100 },
  });
}

/**
 * Judges again what was asked for: GitHub passes over a filter that it does not understand. The
 * branch is not named: its name is a stranger's.
 */
export function choose(candidates: Candidate[], { repository, pull, sha }: Build): Found {
  const own = candidates.filter(
    (one) =>
      one.state === "open" &&
      one.base.repo.full_name.toLowerCase() === repository.toLowerCase() &&
      ("number" in pull ? one.number === pull.number : one.head.label === pull.head),
  );
  const [found, ...others] = own.filter(({ head }) => head.sha === sha);

  if (own.length === 0) return { gone: "No pull request of the branch is open." };
  if (!found) return { gone: `The pull request has moved on from ${sha.slice(0, 7)}.` };
  if (others.length > 0)
    return { gone: "The branch has several open pull requests at one commit." };
  return { pull: { number: found.number, url: found.html_url } };
}
