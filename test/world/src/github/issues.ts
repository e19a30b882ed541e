import { type Ask, notFound, page, type Route, type Told } from "./route.ts";
import { ACTIONS_BOT, type Comment, nextId, now, type Repository } from "./state.ts";

const LONGEST = 65_536;

const comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
const comment = "/repos/{owner}/{repo}/issues/comments/{comment_id}";

const read: Route["needs"] = [
  { scope: "issues", level: "read" },
  { scope: "pull-requests", level: "read" },
];
const write: Route["needs"] = [
  { scope: "issues", level: "write" },
  { scope: "pull-requests", level: "write" },
];

export const issueRoutes: Route[] = [
  { method: "GET", path: comments, needs: read, answer: list },
  { method: "POST", path: comments, needs: write, answer: create },
  { method: "GET", path: comment, needs: read, answer: get },
  { method: "PATCH", path: comment, needs: write, answer: update },
  { method: "DELETE", path: comment, needs: write, answer: remove },
];

function list({ repository, path, query }: Ask): Told {
  const under = repository.comments.filter(({ issue }) => issue === Number(path.issue_number));
  return page(under, { query }, (shown) => shown.map((one) => described(one, repository)));
}

function create({ repository, path, body }: Ask): Told {
  const issue = Number(path.issue_number);
  if (!repository.pulls.some(({ number }) => number === issue)) return notFound;
  if (body.body.length > LONGEST) return tooLong;

  const at = now();
  const made = { id: nextId(), issue, user: ACTIONS_BOT, body: body.body };
  const whole: Comment = { ...made, createdAt: at, updatedAt: at };
  repository.comments.push(whole);
  return { status: 201, body: described(whole, repository) };
}

function get({ repository, path }: Ask): Told {
  const found = find(repository, path);
  return found ? { status: 200, body: described(found, repository) } : notFound;
}

function update({ repository, path, body }: Ask): Told {
  const found = find(repository, path);
  if (!found) return notFound;
  if (body.body.length > LONGEST) return tooLong;
  Object.assign(found, { body: body.body, updatedAt: now() });
  return { status: 200, body: described(found, repository) };
}

function remove({ repository, path }: Ask): Told {
  const found = find(repository, path);
  if (!found) return notFound;
  repository.comments.splice(repository.comments.indexOf(found), 1);
  return { status: 204 };
}

function find(repository: Repository, path: Ask["path"]): Comment | undefined {
  return repository.comments.find(({ id }) => id === Number(path.comment_id));
}

const tooLong: Told = {
  status: 422,
  body: {
    message: "Validation Failed",
    errors: [
      {
        resource: "IssueComment",
        code: "unprocessable",
        field: "data",
        message: `Body is too long (maximum is ${LONGEST} characters)`,
      },
    ],
  },
};

function described({ id, issue, user, body, createdAt, updatedAt }: Comment, to: Repository) {
  const html = `https://github.com/${to.name}/pull/${issue}`;
  return {
    ...{ id, body, user, created_at: createdAt, updated_at: updatedAt },
    url: `https://api.github.com/repos/${to.name}/issues/comments/${id}`,
    html_url: `${html}#issuecomment-${id}`,
    issue_url: `https://api.github.com/repos/${to.name}/issues/${issue}`,
    author_association: user.type === "Bot" ? "NONE" : "CONTRIBUTOR",
  };
}
