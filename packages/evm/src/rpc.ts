import type { IncomingMessage } from "node:http";
import http from "node:http";
import https from "node:https";
import { agentsFor, type Clock, realClock, reason } from "@playbook/action";

/** The node's own words about a call that it understood and refused. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** No answer of any use came. Names the host only: the rest of a URL is often a secret. */
export class RpcUnreachable extends Error {
  override readonly name = "RpcUnreachable";
}

export type Call = { method: string; params: unknown[] };
export type Outcome = { result: unknown } | { error: RpcError };

type Reply = { id: number; result?: unknown; error?: { code: number; message: string } };
type Answer = { status: number; body: string; retryAfter: string | undefined };

const TIMEOUT_MS = 20_000;
const ROUNDS = 5;
const BATCH = 100;
const LONGEST_PAUSE_MS = 10_000;

/**
 * JSON-RPC over HTTP to one chain, through any of several URLs: the first that answers is kept until
 * it fails. Waits as `Retry-After` says. All methods used are safe to repeat; sending the same signed
 * bytes twice is, too.
 */
export class Rpc {
  readonly #urls: string[];
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #current = 0;
  #batches = true;
  #lastId = 0;

  constructor(urls: string[], options: { clock?: Clock; signal?: AbortSignal } = {}) {
    this.#urls = urls;
    this.#clock = options.clock ?? realClock;
    this.#signal = options.signal;
  }

  /** The host in use, fit to be printed. */
  get host(): string {
    return hostOf(this.#url());
  }

  /** One call. Throws `RpcError` when the node refuses, `RpcUnreachable` when none answers. */
  async send<Result>(method: string, ...params: unknown[]): Promise<Result> {
    const [outcome] = await this.#exchange([{ method, params }]);
    if (!outcome) throw new RpcUnreachable(`${this.host} answered nothing.`);
    if ("error" in outcome) throw outcome.error;
    return outcome.result as Result;
  }

  /** Several reads in as few round trips as the node allows; outcomes in the order of the calls. */
  async all(calls: Call[]): Promise<Outcome[]> {
    const groups = chunks(calls, this.#batches ? BATCH : 1);
    const outcomes = await Promise.all(groups.map((group) => this.#group(group)));
    return outcomes.flat();
  }

  async #group(calls: Call[]): Promise<Outcome[]> {
    const outcomes = await this.#exchange(calls);
    if (outcomes.length === calls.length) return outcomes;

    this.#batches = false;
    const singles = await Promise.all(calls.map((call) => this.#exchange([call])));
    return singles.flat();
  }

  /** Fewer outcomes than calls come back from a node that does not take batches. */
  async #exchange(calls: Call[]): Promise<Outcome[]> {
    let failure: unknown;
    for (let attempt = 0; attempt < ROUNDS * this.#urls.length; attempt += 1) {
      const url = this.#url();
      const requests = calls.map((call) => ({ jsonrpc: "2.0", id: ++this.#lastId, ...call }));
      try {
        const answer = await post(url, requests, this.#signal);
        if (answer.status === 200) return read(requests, answer.body);
        failure = new Error(`HTTP ${answer.status}`);
        await this.#pause(attempt, answer.retryAfter);
      } catch (error) {
        if (this.#signal?.aborted) throw this.#signal.reason;
        failure = error;
        await this.#pause(attempt);
      }
      this.#current += 1;
    }
    throw new RpcUnreachable(`${this.#hosts()}: ${reason(failure)}`, { cause: failure });
  }

  async #pause(attempt: number, retryAfter?: string): Promise<void> {
    const round = Math.floor(attempt / this.#urls.length);
    const asked = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : 0;
    const ms = Math.max(asked, this.#urls.length > 1 && round === 0 ? 0 : 100 * 2 ** round);
    await this.#clock.sleep(Math.min(ms, LONGEST_PAUSE_MS), this.#signal);
  }

  #url(): string {
    return this.#urls[this.#current % this.#urls.length] as string;
  }

  #hosts(): string {
    return [...new Set(this.#urls.map(hostOf))].join(", ");
  }
}

/** Host and port of a URL: what may be printed of it. */
export function hostOf(url: string): string {
  return new URL(url).host;
}

function read(requests: { id: number }[], body: string): Outcome[] {
  const parsed = JSON.parse(body) as Reply | Reply[];
  const replies = new Map((Array.isArray(parsed) ? parsed : [parsed]).map((r) => [r.id, r]));
  return requests.flatMap(({ id }): Outcome[] => {
    const reply = replies.get(id);
    if (!reply) return [];
    if (!reply.error) return [{ result: reply.result }];
    const { code, message, data } = reply.error as {
      code: number;
      message: string;
      data?: unknown;
    };
    return [{ error: new RpcError(code, message, data) }];
  });
}

function post(url: string, requests: object[], signal?: AbortSignal): Promise<Answer> {
  const target = new URL(url);
  const secure = target.protocol === "https:";
  const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);
  const auth = target.username ? { auth: `${target.username}:${target.password}` } : {};

  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(
      target,
      {
        method: "POST",
        agent: secure ? agentsFor(url).https : agentsFor(url).http,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        timeout: TIMEOUT_MS,
        signal,
        ...auth,
      },
      (response) => collect(response).then(resolve, reject),
    );
    request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    request.on("error", reject);
    request.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString();
  return { status: response.statusCode ?? 0, body, retryAfter: response.headers["retry-after"] };
}

function chunks<Item>(items: Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
