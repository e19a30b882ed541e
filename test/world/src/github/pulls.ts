import { type Ask, notFound, page, type Route, type Told } from "./route.ts";
import type { Pull, Repository } from "./state.ts";

const needs: Route["needs"] = [{ scope: "pull-requests", level: "read" }];

export const pullRoutes: Route[] = [
  { method: "GET", path: "/repos/{owner}/{repo}", answer: getRepository },
  { method: "GET", path: "/repos/{owner}/{repo}/pulls", needs, answer: list },
  { method: "GET", path: "/repos/{owner}/{repo}/pulls/{pull_number}", needs, answer: get },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", needs, answer: of },
];

function getRepository({ repository }: Ask): Told {
  return { status: 200, body: describedRepository(repository) };
}

/** `head` is `owner:branch`, and finds the pull requests of forks, too. */
function list({ repository, query }: Ask): Told {
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
  const found = repository.pulls.find(({ number }) => number === Number(path.pull_number));
  return found ? { status: 200, body: described(found, repository) } : notFound;
}

/** A commit of a fork is not known here, so its pull request is not found by it. */
function of({ repository, path, query }: Ask): Told {
  const found = repository.pulls.filter(
    ({ head }) => head.repository === repository.name && head.sha === path.commit_sha,
  );
  return page(found, { query }, (shown) => shown.map((one) => described(one, repository)));
}

export function described(pull: Pull, to: Repository) {
  const { number, title, state, user, head, base } = pull;
  const url = `https://api.github.com/repos/${to.name}/pulls/${number}`;
  const own = describedRepository(to);
  const isFork = head.repository !== to.name;
  const headOwner = { ...to.owner, login: ownerOf(head.repository) };
  const headRepository = isFork
    ? { ...own, full_name: head.repository, fork: true, owner: headOwner }
    : own;
  return {
    ...{ number, title, state, user, url, id: number + 1_000_000, draft: false, labels: [] },
    html_url: `https://github.com/${to.name}/pull/${number}`,
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

export function describedRepository({ id, name, owner, visibility, defaultBranch }: Repository) {
  return {
    ...{ id, owner, visibility, default_branch: defaultBranch, fork: false },
    ...{ name: name.split("/")[1], full_name: name, private: visibility === "private" },
    url: `https://api.github.com/repos/${name}`,
    html_url: `https://github.com/${name}`,
  };
}

function ownerOf(repository: string): string {
  return repository.split("/")[0] ?? "";
}
