import { ActionError, type Answer, type Context } from "@playbook/action";
import { z } from "zod";
import type { Pointer } from "./chain.ts";
import { LOOK, look, statusOf, version } from "./index-status.ts";
import { hostOf, jsonOf, Service } from "./reach.ts";
import { isUntold, type Status } from "./status.ts";

export type NodeUrls = {
  /** Admin JSON-RPC, and the bearer token that it may demand. */
  admin: string;
  token?: string | undefined;
  status: string;
  query: string;
};

/** What a name and a deployment are to the node. */
export type Seen = {
  status: Status | null;
  /** Deployments under the release's own name: current and pending. */
  staged: string[];
  live: string | null;
  /** The block that the live one stands on. */
  liveAt: Pointer | null;
};

/** The answer to a GraphQL query; a failed one has errors in place of data, or beside it. */
export type Answered = { data: unknown; errors: string[] };

const graphql = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).default([]),
});

const rpc = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});

/** How long the admin API may take for one thing: a deployment makes tables and reads from IPFS. */
export const ADMIN_TIMEOUT_MS = 60_000;

/** How often it is looked at again why a deployment is ill, and after how long. */
const LOOKS_AGAIN = 3;
const LOOK_MS = 1_000;

/** Of one that is not answered, while the node answers others. */
const TRIES_OF_DEPLOYMENT = 5;

const UNANSWERED = [
  `It answers others, and this one not, ${TRIES_OF_DEPLOYMENT} times: its log says why.`,
  "It panics over a full-text search, for one, unless it has",
  "GRAPH_ALLOW_NON_DETERMINISTIC_FULLTEXT_SEARCH=true.",
].join(" ");

/** A graph-node by its three doors. What its admin says of itself is never taken for what is. */
export class GraphNode {
  readonly #urls: NodeUrls;
  readonly #context: Context;
  readonly #admin: Service;
  readonly #status: Service;
  readonly #query: Service;

  constructor(urls: NodeUrls, context: Context) {
    const door = (name: string, url: string) => {
      const what = `${name} of the node at ${hostOf(url)}`;
      return new Service({ what, unreachable: (why) => unreachable(what, why) }, context);
    };
    this.#urls = urls;
    this.#context = context;
    this.#admin = door("The admin API", urls.admin);
    this.#status = door("The index status", urls.status);
    this.#query = door("The query endpoint", urls.query);
  }

  /** Makes a name; one that is there stays. */
  async create(name: string): Promise<void> {
    await this.#call("subgraph_create", { name });
  }

  /**
   * Deploys under a name, which becomes its current or its pending version. Each time before it is
   * sent, `isWanted` says whether it still is to be. Resolves to whether it was.
   *
   * A node panics over some subgraphs: it answers whatever else it is asked, and never this.
   */
  async deploy(
    name: string,
    deployment: string,
    isWanted: () => Promise<boolean> = async () => true,
  ): Promise<boolean> {
    const method = "subgraph_deploy";
    let tried = 0;
    const isStillWanted = async () => {
      if (tried > 0) await this.create(name);
      if (tried === TRIES_OF_DEPLOYMENT) throw refused(method, name, UNANSWERED);
      tried += 1;
      return isWanted();
    };
    return this.#call(method, { name, ipfs_hash: deployment }, isStillWanted);
  }

  /** Removes a name, and with the last one of them, in time, the deployment. */
  async remove(name: string): Promise<void> {
    await this.#call("subgraph_remove", { name });
  }

  /** How far a deployment has come, and what is under the two names. Throws `status-unreadable`. */
  async look(deployment: string, own: string, name: string): Promise<Seen> {
    const { clock, signal } = this.#context;
    for (let again = 0; ; again += 1) {
      const seen = await this.#look(deployment, own, name);
      if (again === LOOKS_AGAIN || !seen.status || !isUntold(seen.status)) return seen;
      await clock.sleep(LOOK_MS, signal);
    }
  }

  async #look(deployment: string, own: string, name: string): Promise<Seen> {
    const variables = { deployments: [deployment], own, name };
    const url = this.#statusUrl();
    const { data, errors } = await post(this.#status, url.href, LOOK, variables);
    const parsed = look.safeParse(data);
    if (!parsed.success) throw unreadable(url.host, errors[0] ?? z.prettifyError(parsed.error));
    const { staged, stagedNext, live } = parsed.data;
    return {
      status: statusOf(parsed.data.deployment[0]),
      staged: [staged, stagedNext].flatMap((one) => (one ? [one.subgraph] : [])),
      live: live?.subgraph ?? null,
      liveAt: live?.chains[0]?.latestBlock ?? null,
    };
  }

  /** Which of these names have a version. Throws `status-unreadable`. */
  async known(names: string[]): Promise<Set<string>> {
    const asked = names.flatMap((name, index) => {
      const of = `(subgraphName: ${JSON.stringify(name)}) { subgraph }`;
      return [
        `n${index}: indexingStatusForCurrentVersion${of}`,
        `p${index}: indexingStatusForPendingVersion${of}`,
      ];
    });
    const url = this.#statusUrl();
    const { data, errors } = await post(this.#status, url.href, `{ ${asked.join("\n")} }`, {});
    const parsed = z.record(z.string(), version).safeParse(data);
    if (!parsed.success) throw unreadable(url.host, errors[0] ?? z.prettifyError(parsed.error));
    const found = (index: number) => parsed.data[`n${index}`] ?? parsed.data[`p${index}`];
    return new Set(names.filter((_, index) => found(index)));
  }

  /** Asks a deployment, whatever names it has. */
  askDeployment(hash: string, text: string, variables: object): Promise<Answered> {
    return post(this.#query, `${this.#urls.query}/subgraphs/id/${hash}`, text, variables);
  }

  /** Asks as clients do. */
  askName(name: string, text: string): Promise<Answered> {
    return post(this.#query, queryUrl(this.#urls.query, name), text, {});
  }

  #statusUrl(): URL {
    const url = new URL(this.#urls.status);
    if (url.pathname === "/") url.pathname = "/graphql";
    return url;
  }

  async #call(
    method: string,
    params: Record<string, string>,
    isWanted?: () => Promise<boolean>,
  ): Promise<boolean> {
    const { admin, token } = this.#urls;
    const headers = {
      "content-type": "application/json",
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const question = { method: "POST", headers, body, timeoutMs: ADMIN_TIMEOUT_MS };
    const said = await this.#admin.askWhile(isWanted, admin, question);
    if (!said) return false;
    const answer = withoutToken(said, token);
    if ([401, 403].includes(answer.status)) throw tokenRefused(hostOf(admin), token);

    const parsed = rpc.safeParse(jsonOf(answer));
    if (!parsed.success || (answer.status !== 200 && !parsed.data.error)) {
      throw unreachable(`The admin API of the node at ${hostOf(admin)}`, strange(answer));
    }
    const { error } = parsed.data;
    if (error) throw refused(method, params.name ?? "", error.message);
    return true;
  }
}

/** Where clients ask for what is under a name. */
export function queryUrl(query: string, name: string): string {
  return `${query}/subgraphs/name/${name}`;
}

/** Asks a public name without being anything to the node but a client. */
export function askLive(
  query: string,
  name: string,
  text: string,
  context: Context,
): Promise<Answered> {
  const what = `The query endpoint of the node at ${hostOf(query)}`;
  const service = new Service({ what, unreachable: (why) => unreachable(what, why) }, context);
  return post(service, queryUrl(query, name), text, {});
}

async function post(
  service: Service,
  url: string,
  query: string,
  variables: object,
): Promise<Answered> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ query, variables });
  const answer = await service.ask(url, { method: "POST", headers, body });
  const parsed = graphql.safeParse(jsonOf(answer));
  if (!parsed.success) return { data: undefined, errors: [strange(answer)] };
  const { data, errors } = parsed.data;
  return { data, errors: errors.map(({ message }) => message) };
}

function strange({ status: code, body }: Answer): string {
  return `It answers with status ${code}: ${body.slice(0, 200) || "nothing"}`;
}

/** What stands before the node may quote what it was asked. */
function withoutToken(answer: Answer, token: string | undefined): Answer {
  return token ? { ...answer, body: answer.body.replaceAll(token, "***") } : answer;
}

function unreachable(what: string, why: string): ActionError {
  return new ActionError("node-unreachable", {
    what: `${what} cannot be reached.`,
    why,
    next:
      "Look whether it is up and the URL right; then run this " +
      "again. What serves goes on serving.",
  });
}

function unreadable(host: string, why: string): ActionError {
  return new ActionError("status-unreadable", {
    what: `The index status of the node at ${host} has another form than graph-node's.`,
    why,
    next: "Give the URL of graph-node's index status, usually on port 8030, with /graphql.",
  });
}

function tokenRefused(host: string, token: string | undefined): ActionError {
  return new ActionError("admin-refused", {
    what: `The admin API of the node at ${host} does not let this run in.`,
    why: token ? "It does not know the token that was given." : "It demands a token.",
    next: "Correct the secret behind `admin-token`; then run this again.",
  });
}

function refused(method: string, name: string, why: string): ActionError {
  return new ActionError("deployment-refused", {
    what: `The node refuses ${method} for "${name}".`,
    why,
    next: "Mend what it says. If it cannot read the build, it has another IPFS than `ipfs` names.",
  });
}
