import { type Ask, notFound, page, type Route, type Told } from "./route.ts";
import { ACTIONS_BOT, type Deployment, nextId, now, type Repository } from "./state.ts";

const base = "/repos/{owner}/{repo}";
const one = `${base}/deployments/{deployment_id}`;
const read: Route["needs"] = [{ scope: "deployments", level: "read" }];
const write: Route["needs"] = [{ scope: "deployments", level: "write" }];
const seen: Route["needs"] = [{ scope: "actions", level: "read" }];
const environment = `${base}/environments/{environment_name}`;

export const deploymentRoutes: Route[] = [
  { method: "GET", path: `${base}/deployments`, needs: read, answer: list },
  { method: "POST", path: `${base}/deployments`, needs: write, answer: create },
  { method: "GET", path: one, needs: read, answer: get },
  { method: "DELETE", path: one, needs: write, answer: remove },
  { method: "GET", path: `${one}/statuses`, needs: read, answer: listStatuses },
  { method: "POST", path: `${one}/statuses`, needs: write, answer: createStatus },
  { method: "GET", path: `${base}/environments`, needs: seen, answer: listEnvironments },
  { method: "GET", path: environment, needs: seen, answer: getEnvironment },
  { method: "PUT", path: environment, never: true, answer: () => notFound },
  { method: "DELETE", path: environment, never: true, answer: () => notFound },
];

function list({ repository, query }: Ask): Told {
  const asked = (name: "environment" | "ref" | "sha" | "task") => query.get(name) ?? "none";
  const matches = (deployment: Deployment) =>
    (["environment", "ref", "sha", "task"] as const).every(
      (name) => asked(name) === "none" || asked(name) === deployment[name],
    );
  const found = repository.deployments.filter(matches).reverse();
  return page(found, { query }, (shown) => shown.map(described));
}

function create({ repository, body }: Ask): Told {
  const { ref, environment = "production", task = "deploy" } = body;
  const { description = null, payload = {}, transient_environment: isTransient = false } = body;
  const made = addDeployment(repository, { ref, sha: body.ref, environment, task });
  Object.assign(made, { description, payload, isTransient });
  return { status: 201, body: described(made) };
}

function get({ repository, path }: Ask): Told {
  const found = find(repository, path);
  return found ? { status: 200, body: described(found) } : notFound;
}

/** An active one is not deleted, unless nothing else is in its environment. */
function remove({ repository, path }: Ask): Told {
  const found = find(repository, path);
  if (!found) return notFound;
  const others = repository.deployments.filter((it) => it.environment === found.environment);
  if (stateOf(found) !== "inactive" && others.length > 1) {
    const message =
      "We cannot delete an active deployment unless it is the " +
      "only deployment in a given environment.";
    return { status: 422, body: { message, errors: [{ resource: "", code: "", field: "" }] } };
  }
  repository.deployments.splice(repository.deployments.indexOf(found), 1);
  return { status: 204 };
}

function listStatuses({ repository, path, query }: Ask): Told {
  const found = find(repository, path);
  if (!found) return notFound;
  const newestFirst = found.statuses.toReversed();
  return page(newestFirst, { query }, (shown) => shown.map((it) => describedStatus(it, found)));
}

function createStatus({ repository, path, body }: Ask): Told {
  const found = find(repository, path);
  if (!found) return notFound;
  const status = addStatus(repository, found, body.state, {
    description: body.description,
    environmentUrl: body.environment_url,
    logUrl: body.log_url ?? body.target_url,
    autoInactive: body.auto_inactive,
  });
  return { status: 201, body: describedStatus(status, found) };
}

function listEnvironments({ repository }: Ask): Told {
  const environments = [...repository.environments.keys()].map((name) =>
    describedEnvironment(repository, name),
  );
  return { status: 200, body: { total_count: environments.length, environments } };
}

function getEnvironment({ repository, path }: Ask): Told {
  const name = path.environment_name ?? "";
  if (!repository.environments.has(name)) return notFound;
  return { status: 200, body: describedEnvironment(repository, name) };
}

export function addDeployment(
  repository: Repository,
  made: Pick<Deployment, "ref" | "sha" | "environment" | "task">,
): Deployment {
  const deployment: Deployment = {
    ...{ id: nextId(), description: null, payload: {}, isTransient: false, creator: ACTIONS_BOT },
    ...{ createdAt: now(), statuses: [], ...made },
  };
  repository.deployments.push(deployment);
  return deployment;
}

/**
 * A success makes earlier deployments of its environment inactive that are not transient, unless it
 * says not to.
 */
export function addStatus(
  repository: Repository,
  deployment: Deployment,
  state: string,
  more: { description?: string; environmentUrl?: string; logUrl?: string; autoInactive?: boolean },
) {
  const { description = "", environmentUrl = "", logUrl = "", autoInactive = true } = more;
  const made = { description, environmentUrl, logUrl, createdAt: now() };
  if (state === "success" && autoInactive) {
    for (const other of repository.deployments) {
      if (other === deployment || other.environment !== deployment.environment) continue;
      if (other.isTransient) continue;
      if (stateOf(other) === "success") {
        other.statuses.push({ ...made, id: nextId(), state: "inactive" });
      }
    }
  }
  const status = { ...made, id: nextId(), state };
  deployment.statuses.push(status);
  return status;
}

function find(repository: Repository, path: Ask["path"]): Deployment | undefined {
  return repository.deployments.find(({ id }) => id === Number(path.deployment_id));
}

function stateOf({ statuses }: Deployment): string | undefined {
  return statuses.at(-1)?.state;
}

function described({ id, ref, sha, task, environment, createdAt, ...more }: Deployment) {
  const { description, payload, creator, isTransient } = more;
  return {
    ...{ id, ref, sha, task, environment, description, payload, creator },
    transient_environment: isTransient,
    ...{ created_at: createdAt, updated_at: createdAt, original_environment: environment },
  };
}

function describedStatus(status: Deployment["statuses"][number], { environment }: Deployment) {
  const { id, state, description, environmentUrl, logUrl, createdAt } = status;
  return {
    ...{ id, state, description, environment, environment_url: environmentUrl, log_url: logUrl },
    ...{ creator: ACTIONS_BOT, created_at: createdAt, updated_at: createdAt },
  };
}

function describedEnvironment({ environments, owner }: Repository, name: string) {
  const { reviewers } = environments.get(name) ?? {};
  const rule = {
    ...{ id: 1, node_id: "GA_1", type: "required_reviewers", prevent_self_review: false },
    reviewers: [{ type: "User", reviewer: owner }],
  };
  return {
    ...{ name, protection_rules: reviewers ? [rule] : [] },
    html_url: `https://github.com/deployments/activity_log?environment=${name}`,
  };
}
