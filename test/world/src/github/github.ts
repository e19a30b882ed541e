import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { EnvironmentRules } from "../runner/gate.ts";
import { bearerOf, bodyOf, listen, sendJson } from "../runner/listen.ts";
import { grants, type Permissions } from "../runner/permissions.ts";
import type { Results } from "../runner/results.ts";
import type { Secret } from "../secret.ts";
import { commitRoutes } from "./commits.ts";
import { complete } from "./complete.ts";
import { deploymentRoutes } from "./deployments.ts";
import { type Description, describeGithub, type Operation } from "./description.ts";
import { answeredByFault, Faults, type GithubFault } from "./faults.ts";
import { merge } from "./git.ts";
import { gitRoutes } from "./git-routes.ts";
import { answerGraphql } from "./graphql.ts";
import { issueRoutes } from "./issues.ts";
import { pullRoutes } from "./pulls.ts";
import type { Route, Told } from "./route.ts";
import { runRoutes } from "./runs.ts";
import {
  account,
  type Bearer,
  type Comment,
  nextId,
  now,
  type Pull,
  type Repository,
} from "./state.ts";

export type RepositoryOptions = {
  visibility?: "public" | "private";
  defaultBranch?: string;
  environments?: Record<string, EnvironmentRules>;
  /** Folder of the git repository that it is; the runner's product, if a run has one. */
  git?: string;
};

/** A request as it came, and how it ended. */
export type GithubRequest = { method: string; path: string; status: number };

export type Github = AsyncDisposable & {
  /** `GITHUB_API_URL`. */
  readonly url: string;
  /** A repository, made when it is first asked for. */
  repository(name: string, options?: RepositoryOptions): Repository;
  /** All that there are. */
  repositories(): Repository[];
  /** A token like a job's: it sees one repository, and may do there what is granted. */
  token(permissions: Permissions, repository: string): string;
  revoke(token: string): void;
  /** Every token that was given out, those that were revoked too. */
  secrets(): readonly Secret[];
  /** Opens a pull request; of a fork, when `head` names another repository. */
  openPull(repository: string, pull: Partial<Pick<Pull, "title" | "head" | "base">>): Pull;
  /** Merges an open pull request of this repository into its base, which is checked out. */
  merge(repository: string, number: number): Promise<void>;
  /** A comment by somebody else. */
  comment(repository: string, issue: number, login: string, body: string): Comment;
  fault(fault: GithubFault): void;
  /** From now on no fault hits anything. */
  heal(): void;
  requests(): readonly GithubRequest[];
};

type State = {
  repositories: Map<string, Repository>;
  tokens: Map<string, Bearer>;
  secrets: Secret[];
  faults: Faults;
  requests: GithubRequest[];
  routes: Route[];
};

/**
 * A small GitHub: the part of its REST API that actions need, with memory. Every request and reply
 * is held against GitHub's published description, and every token against its permissions.
 */
export async function startGithub({ results }: { results: Results }): Promise<Github> {
  const routes = [
    ...pullRoutes,
    ...issueRoutes,
    ...deploymentRoutes,
    ...commitRoutes,
    ...gitRoutes,
    ...runRoutes(results),
  ];
  const description = await describeGithub([...new Set(routes.map(({ path }) => path))]);
  const state: State = {
    ...{ repositories: new Map(), tokens: new Map(), secrets: [] },
    ...{ faults: new Faults(), requests: [], routes },
  };
  const server = await listen((request, response) => serve(state, description, request, response));
  const repository = (name: string, options?: RepositoryOptions) =>
    state.repositories.get(name) ?? makeRepository(state, name, options);

  return {
    url: server.url,
    repository,
    repositories: () => [...state.repositories.values()],
    token: (permissions, name) => {
      repository(name);
      const token = `ghs_${randomBytes(27).toString("base64url").replaceAll(/[-_]/g, "0")}`;
      state.tokens.set(token, { repository: name, permissions });
      state.secrets.push({ what: "GitHub token", value: token });
      return token;
    },
    revoke: (token) => void state.tokens.delete(token),
    secrets: () => state.secrets,
    openPull: (name, pull) => openPull(repository(name), pull),
    merge: async (name, number) => {
      const { git = "", pulls } = repository(name);
      const pull = pulls.find((one) => one.number === number && one.state === "open");
      if (!pull) throw new Error(`#${number} is not open`);
      await merge(git, pull.head.branch);
      Object.assign(pull, { state: "closed", mergedAt: now() });
    },
    comment: (name, issue, login, body) => {
      const made = { id: nextId(), issue, user: account(login), body };
      const whole = { ...made, createdAt: now(), updatedAt: now() };
      repository(name).comments.push(whole);
      return whole;
    },
    fault: (fault) => state.faults.add(fault),
    heal: () => state.faults.clear(),
    requests: () => state.requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function makeRepository(
  { repositories }: State,
  name: string,
  options: RepositoryOptions = {},
): Repository {
  const { visibility = "private", defaultBranch = "main", environments = {}, git } = options;
  const [login = ""] = name.split("/");
  const made: Repository = {
    ...{ id: account(name).id, name, visibility, defaultBranch, git, opensPulls: true },
    owner: { ...account(login), type: "Organization" },
    environments: new Map(Object.entries(environments)),
    ...{ pulls: [], comments: [], deployments: [], statuses: [], runs: [] },
  };
  repositories.set(name, made);
  return made;
}

function openPull(to: Repository, pull: Partial<Pull>): Pull {
  const number = to.pulls.length + 1;
  const head = { repository: to.name, branch: `change-${number}`, sha: "1".repeat(40) };
  const base = { branch: to.defaultBranch, sha: "0".repeat(40) };
  const user = account((pull.head ?? head).repository.split("/")[0] ?? "");
  const made = { number, title: `Change ${number}`, body: null, user, head, base };
  const whole: Pull = { ...made, state: "open", ...pull };
  to.pulls.push(whole);
  return whole;
}

async function serve(
  state: State,
  description: Description,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method ?? "GET";
  const url = new URL(request.url ?? "/", "http://github");
  const note = (status: number) => state.requests.push({ method, path: url.pathname, status });

  const fault = state.faults.take(method, url.pathname);
  if (fault?.do === "down") return void request.socket.destroy();
  if (await answeredByFault(fault, response)) return void note(response.statusCode);

  const told = await answer(state, description, method, url, request);
  note(told.status);
  if (fault?.do === "lose-reply") return void request.socket.destroy();
  send(response, told, `http://${request.headers.host}${url.pathname}`);
}

function send(response: ServerResponse, { status, body, headers = {} }: Told, self: string): void {
  const limits = { "x-ratelimit-limit": "1000", "x-ratelimit-remaining": "999" };
  const { link, ...others } = headers;
  const absolute = link && { link: link.replaceAll("<?", `<${self}?`) };
  const sent = { ...limits, ...others, ...absolute };
  if (body === undefined) response.writeHead(status, sent).end();
  else sendJson(response, status, body, sent);
}

async function answer(
  { repositories, routes, tokens }: State,
  description: Description,
  method: string,
  url: URL,
  request: IncomingMessage,
): Promise<Told> {
  if (url.pathname === "/graphql") {
    const bearer = tokens.get(bearerOf(request));
    const repository = repositories.get(bearer?.repository ?? "");
    const asked = JSON.parse((await bodyOf(request)).toString());
    if (bearer && repository) return await answerGraphql(asked, bearer, repository);
    return { status: 401, body: { message: "Bad credentials" } };
  }
  const found = routeOf(routes, method, url.pathname);
  if (!found) throw new Error(`the world's GitHub does not know ${method} ${url.pathname}`);
  const { route, path } = found;
  const operation = description.operation(route.method, route.path);
  const refusal = (status: number, message: string) => ({
    status,
    body: { message, documentation_url: operation.docs, status: String(status) },
  });

  const token = bearerOf(request);
  const bearer = tokens.get(token);
  if (token && !bearer) return refusal(401, "Bad credentials");
  const repository = repositories.get(`${path.owner}/${path.repo}`);
  if (!repository || !bearer || bearer.repository !== repository.name) {
    return refusal(404, "Not Found");
  }
  if (!mayUse(route, bearer, repository)) {
    const accepted = (route.needs ?? []).map(
      ({ scope, level }) => `${scope.replaceAll("-", "_")}=${level}`,
    );
    const headers = { "x-accepted-github-permissions": accepted.join("; ") };
    return { ...refusal(403, "Resource not accessible by integration"), headers };
  }

  const text = (await bodyOf(request)).toString();
  const body = text ? JSON.parse(text) : {};
  const wrong = wrongRequest(operation, { body, query: url.searchParams, method });
  if (wrong) return refusal(422, `Invalid request.\n\n${wrong}`);
  const told = await route.answer({ repository, bearer, path, query: url.searchParams, body });
  return described(told, operation, description, `${method} ${route.path}`);
}

function routeOf(routes: Route[], method: string, pathname: string) {
  for (const route of routes) {
    if (route.method !== method) continue;
    const pattern = route.path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    const path = new RegExp(`^${pattern}$`).exec(pathname)?.groups;
    if (!path) continue;
    const parts = Object.entries(path).map(([name, part]) => [name, decodeURIComponent(part)]);
    return { route, path: Object.fromEntries(parts) as Record<string, string> };
  }
  return undefined;
}

/** What is public is read by everybody. */
function mayUse({ method, needs, never }: Route, { permissions }: Bearer, repository: Repository) {
  if (never) return false;
  if (!needs || (method === "GET" && repository.visibility === "public")) return true;
  return needs.some(({ scope, level }) => grants(permissions, scope, level));
}

function wrongRequest(
  { parameters, body: check }: Operation,
  { body, query, method }: { body: unknown; query: URLSearchParams; method: string },
): string | undefined {
  const known = parameters.filter((one) => one.in === "query").map(({ name }) => name);
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown) return `There is no parameter "${unknown}".`;
  return method === "GET" ? undefined : check?.(body);
}

/**
 * Fills up a reply to what GitHub's description asks for. One that breaks it is our own mistake.
 */
function described(
  told: Told,
  { replies, docs }: Operation,
  description: Description,
  what: string,
): Told {
  if (told.status >= 400) {
    const body = { documentation_url: docs, status: String(told.status), ...(told.body as object) };
    return { ...told, body };
  }
  const reply = replies[told.status];
  if (reply === undefined) throw new Error(`${what}: GitHub never answers ${told.status}`);
  if (reply === null) return told;

  const body = complete(told.body, reply.schema, description);
  const wrong = reply.wrong(body);
  if (wrong) throw new Error(`${what}: a reply unlike GitHub's: ${wrong}`);
  return { ...told, body };
}
