import { setTimeout as sleep } from "node:timers/promises";
import type { GraphNode } from "@playbook/world";

/** However busy the machine is: what has not come by then does not come. */
const PATIENCE_MS = 120_000;

export type Addresses = Pick<GraphNode, "adminUrl" | "statusUrl" | "queryUrl">;

export type Status = {
  subgraph: string;
  synced: boolean;
  health: "healthy" | "unhealthy" | "failed";
  fatalError: {
    message: string;
    block: { number: string; hash: string };
    handler: string | null;
    deterministic: boolean;
  } | null;
  chains: {
    network: string;
    chainHeadBlock: { number: string; hash: string } | null;
    latestBlock: { number: string; hash: string } | null;
    earliestBlock: { number: string };
  }[];
  entityCount: string;
  node: string | null;
  paused: boolean | null;
};

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
export type Answered = { data?: any; errors?: { message: string }[] };

const STATUS = `{
  subgraph synced health node paused entityCount
  fatalError { message handler deterministic block { number hash } }
  chains {
    network chainHeadBlock { number hash } latestBlock { number hash } earliestBlock { number }
  }
}`;

/** A graph-node's APIs, as a client asks them. */
export class Api {
  readonly #at: Addresses;
  readonly #token: string | undefined;

  constructor(at: Addresses, token?: string) {
    this.#at = at;
    this.#token = token;
  }

  /** What the admin API answers: a result, or an error. */
  async admin(method: string, params: object) {
    const request = { jsonrpc: "2.0", id: "1", method, params };
    return post<{ result?: unknown; error?: { code: number; message: string } }>(
      this.#at.adminUrl,
      request,
      this.#token,
    );
  }

  /** Creates the name when it is not there, and deploys to it. */
  async deploy(name: string, hash: string): Promise<void> {
    for (const [method, params] of [
      ["subgraph_create", { name }],
      ["subgraph_deploy", { name, ipfs_hash: hash }],
    ] as const) {
      const { error } = await this.admin(method, params);
      if (error) throw new Error(`${method}: ${error.message}`);
    }
  }

  async status(hash: string): Promise<Status | undefined> {
    return (await this.statuses([hash]))[0];
  }

  async statuses(hashes: string[]): Promise<Status[]> {
    const query = `query ($of: [String!]) { indexingStatuses(subgraphs: $of) ${STATUS} }`;
    const { data } = await this.#ask(this.#at.statusUrl, query, { of: hashes });
    return data.indexingStatuses;
  }

  /** The builds that a name has: the current one, the pending one, and all there ever were. */
  async versions(name: string) {
    const query = `query ($name: String!) {
      current: indexingStatusForCurrentVersion(subgraphName: $name) { subgraph }
      pending: indexingStatusForPendingVersion(subgraphName: $name) { subgraph }
      all: indexingStatusesForSubgraphName(subgraphName: $name) { subgraph }
    }`;
    const { data } = await this.#ask(this.#at.statusUrl, query, { name });
    type Version = { subgraph: string };
    return {
      current: data.current?.subgraph ?? null,
      pending: data.pending?.subgraph ?? null,
      all: (data.all as Version[]).map(({ subgraph }) => subgraph),
    };
  }

  byName(name: string, query: string): Promise<Answered> {
    return this.#ask(`${this.#at.queryUrl}/subgraphs/name/${name}`, query);
  }

  byId(hash: string, query: string): Promise<Answered> {
    return this.#ask(`${this.#at.queryUrl}/subgraphs/id/${hash}`, query);
  }

  /** Waits until a deployment's status is what the test waits for. */
  async until(hash: string, holds: (status: Status) => boolean): Promise<Status> {
    const over = Date.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status(hash);
      if (status && holds(status)) return status;
      if (Date.now() > over) throw new Error(`It never came; it is: ${JSON.stringify(status)}`);
      await sleep(50);
    }
  }

  /** Waits until it has indexed a block. */
  atBlock(hash: string, block: number): Promise<Status> {
    return this.until(hash, ({ chains }) => Number(chains[0]?.latestBlock?.number ?? -1) >= block);
  }

  #ask(url: string, query: string, variables: object = {}): Promise<Answered> {
    return post(url, { query, variables });
  }
}

async function post<T>(url: string, body: object, token?: string): Promise<T> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { "content-type": "application/json", ...authorization };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  return (await answer.json()) as T;
}
