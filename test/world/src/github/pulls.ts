import { commitAt } from "./git.ts";
import { nodeIdOf } from "./graphql.ts";
import { type Ask, notFound, page, type Route, type Told } from "./route.ts";
import { ACTIONS_BOT, type Pull, type Repository } from "./state.ts";

const needs: Route["needs"] = [{ scope: "pull-requests", level: "read" }];
const write: Route["needs"] = [{ scope: "pull-requests", level: "write" }];

export const pullRoutes: Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}", answer: getRepository },
  { method: "GET", path: "/repos/{owner}/{repo}/pulls", needs, answer: list },
  { method: "POST", path: "/repos/{owner}/{repo}/pulls", needs: write, answer: create },
  { method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}", needs, answer: get },
  {
    method: "PATCH",
    path: "/repos/{owner}/{repo}/pulls/{pull_number}",
    needs: write,
    answer: update,
  },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", needs, answer: of },
];

function getRepository({ repository }: Ask): Told {
  return { status: 200, body: describedRepository(repository) };
}

/** `head` is `owner:branch`, and finds the pull requests of forks, too. */
async function list({ repository, query }: Ask): Promise<Told> {
  await follow(repository);
  const head = query.get("head");
  const base = query.get("base");
  const state = query.get("state") ?? "open";
  const found = repository.pulls.filter(
    (pull) =>
      (state === "all" || pull.state === state) &&
      (!head || head === `${ownerOf(pull.head.repository)}:${pull.head.branch}`) &&
      (!base || base === pull.base.branch),
  );
  return page(found.reverse(), { query }, (shown) =>
    shown.map((one) => described(one, repository)),
  );
}

function get({ repository, path }: Ask): Told {
  const found = find(repository, path);
  return found ? { status: 200, body: described(found, repository) } : notFound;
}

function find({ pulls }: Repository, path: Ask["path"]): Pull | undefined {
  return pulls.find(({ number }) => number === Number(path.pull_number));
}

/** One pull request at a time of a branch into another. */
async function create({ repository, body }: Ask): Promise<Told> {
  const { title, head: branch, base, body: text = null } = body;
  const { git, name, pulls, opensPulls } = repository;
  if (!git) return invalid({ field: "head", code: "invalid" });
  if (!opensPulls) {
    const message = "GitHub Actions is not permitted to create or approve pull requests.";
    return { status: 403, body: { message } };
  }
  const [sha, baseSha] = await Promise.all([commitAt(git, branch), commitAt(git, base)]);
  if (!sha || !baseSha) return invalid({ field: sha ? "base" : "head", code: "invalid" });
  if (sha === baseSha) return invalid({ message: `No commits between ${base} and ${branch}` });
  const isSame = ({ state, head, base: into }: Pull) =>
    state === "open" && head.branch === branch && into.branch === base;
  if (pulls.some(isSame)) {
    return invalid({ message: `A pull request already exists for ${ownerOf(name)}:${branch}.` });
  }
  const made: Pull = {
    ...{ number: pulls.length + 1, title, body: text, state: "open", user: ACTIONS_BOT },
    ...{ head: { repository: name, branch, sha }, base: { branch: base, sha: baseSha } },
    follows: true,
  };
  pulls.push(made);
  return { status: 201, body: described(made, repository) };
}

function update({ repository, path, body }: Ask): Told {
  const found = find(repository, path);
  if (!found) return notFound;
  const { title = found.title, body: text = found.body, state = found.state } = body;
  Object.assign(found, { title, body: text, state });
  return { status: 200, body: described(found, repository) };
}

function invalid(error: object): Told {
  const errors = [{ resource: "PullRequest", code: "custom", ...error }];
  return { status: 422, body: { message: "Validation Failed", errors } };
}

/** Of a pull request that is open, the head is where its branch is now. */
async function follow({ git, pulls }: Repository): Promise<void> {
  for (const { follows, state, head } of pulls) {
    if (!git || !follows || state !== "open") continue;
    head.sha = (await commitAt(git, `refs/heads/${head.branch}`)) ?? head.sha;
  }
}

/** A commit of a fork is not known here, so its pull request is not found by it. */
function of({ repository, path, query }: Ask): Told {
  const found = repository.pulls.filter(
    ({ head }) => head.repository === repository.name && head.sha === path.commit_sha,
  );
  return page(found, { query }, (shown) => shown.map((one) => described(one, repository)));
}

export function described(pull: Pull, to: Repository) {
  const { number, title, body, state, user, head, base } = pull;
  const url = `https://api.github.com/repos/${to.name}/pulls/${number}`;
  const own = describedRepository(to);
  const isFork = head.repository !== to.name;
  const headOwner = { ...to.owner, login: ownerOf(head.repository) };
  const headRepository = isFork
    ? { ...own, full_name: head.repository, fork: true, owner: headOwner }
    : own;
  return {
    ...{ number, title, body, state, user, url, id: number + 1_000_000, draft: false, labels: [] },
    html_url: `https://github.com/${to.name}/pull/${number}`,
    merged_at: pull.mergedAt ?? null,
    head: {
      label: `${headOwner.login}:${head.branch}`,
      ...{ ref: head.branch, sha: head.sha, user: headOwner, repo: headRepository },
    },
    base: {
      label: `${to.owner.login}:${base.branch}`,
      ...{ ref: base.branch, sha: base.sha, user: to.owner, repo: own },
    },
  };
}

export function describedRepository(repository: Repository) {
  const { id, name, owner, visibility, defaultBranch } = repository;
  return {
    node_id: nodeIdOf(repository),
    ...{ id, owner, visibility, default_branch: defaultBranch, fork: false },
    ...{ name: name.split("/")[1], full_name: name, private: visibility === "private" },
    url: `https://api.github.com/repos/${name}`,
    html_url: `https://github.com/${name}`,
  };
}

function ownerOf(repository: string): string {
  return repository.split("/")[0] ?? "";
}
