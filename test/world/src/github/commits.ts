import { type Ask, page, type Route, type Told } from "./route.ts";
import { ACTIONS_BOT, type CommitStatus, nextId, now } from "./state.ts";

const base = "/repos/{owner}/{repo}";

export const commitRoutes: Route[] = [
  {
    method: "POST",
    path: `${base}/statuses/{sha}`,
    needs: [{ scope: "statuses", level: "write" }],
    answer: create,
  },
  {
    method: "GET",
    path: `${base}/commits/{ref}/statuses`,
    needs: [{ scope: "statuses", level: "read" }],
    answer: list,
  },
];

function create({ repository, path, body }: Ask): Told {
  const made: CommitStatus = {
    id: nextId(),
    sha: path.sha ?? "",
    state: body.state,
    context: body.context ?? "default",
    description: body.description ?? null,
    targetUrl: body.target_url ?? null,
    createdAt: now(),
  };
  repository.statuses.unshift(made);
  return { status: 201, body: described(made) };
}

function list({ repository, path, query }: Ask): Told {
  const found = repository.statuses.filter(({ sha }) => sha === path.ref);
  return page(found, { query }, (shown) => shown.map(described));
}

function described({ id, state, context, description, targetUrl, createdAt }: CommitStatus) {
  return {
    ...{ id, state, context, description, target_url: targetUrl, creator: ACTIONS_BOT },
    ...{ created_at: createdAt, updated_at: createdAt },
  };
}
