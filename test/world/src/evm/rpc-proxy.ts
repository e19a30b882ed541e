import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { keccak256 } from "ethers";
import type { RpcCall, RpcReply, Upstream } from "./rpc.ts";
import { type Action, type Cut, type Rule, RuleBook } from "./rpc-rules.ts";
import { staleAnswer } from "./stale-node.ts";

/** A call as it came in, and what became of it. */
export type SeenCall = RpcCall & {
  /** When it came, in milliseconds since 1970. */
  at: number;
  /** How many calls came in the same HTTP request. */
  together: number;
  /** What a rule did to it. */
  action?: Action["kind"];
  /** What was answered, also when the caller did not get it. */
  reply?: RpcReply;
};

/**
 * Sees a call `before` the node does, which waits for the listener: what came before it in the same
 * batch is done then, what comes after it is not. Sees it again `after` its reply has been handed
 * to the network, or was withheld.
 */
export type CallListener = (phase: "before" | "after", call: SeenCall) => void | Promise<void>;

export type Chaos = {
  /** From now on this happens, until the rule has struck `times` or is removed. */
  rule(rule: Rule): { readonly hits: number; remove(): void };
  /** A delay of every call, in milliseconds. */
  setDelay(ms: number): void;
  /** No rules and no delay any more. */
  calm(): void;
  /** Returns the function that ends the listening. */
  onCall(listener: CallListener): () => void;
  /** The calls so far, of one method or all. */
  calls(method?: string): SeenCall[];
  count(method?: string): number;
  /** Forgets the calls so far. */
  forget(): void;
};

export type RpcProxy = AsyncDisposable & { readonly url: string; readonly chaos: Chaos };

/** Stands before a node and does to its callers what networks and providers do. */
export async function startRpcProxy(upstream: Upstream): Promise<RpcProxy> {
  const desk = new Desk(upstream);
  const server = createServer((request, response) => {
    desk.serve(request, response).catch((error) => unanswered(response, error));
  });
  // Node closes idle connections after 5 s, which callers now and then see as a fault nobody asked
  // for.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    chaos: desk,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Request = { id: unknown; seen: SeenCall; action: Action | undefined };

class Desk implements Chaos {
  readonly #upstream: Upstream;
  readonly #rules = new RuleBook();
  readonly #listeners = new Set<CallListener>();
  #calls: SeenCall[] = [];
  #delayMs = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  rule(rule: Rule) {
    return this.#rules.add(rule);
  }

  setDelay(ms: number): void {
    this.#delayMs = ms;
  }

  calm(): void {
    this.#rules.clear();
    this.#delayMs = 0;
  }

  onCall(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  calls(method?: string): SeenCall[] {
    return this.#calls.filter((call) => method === undefined || call.method === method);
  }

  count(method?: string): number {
    return this.calls(method).length;
  }

  forget(): void {
    this.#calls = [];
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = parse(await text(request));
    if (!asked) return send(response, { ...envelope(null), error: PARSE_ERROR });

    const requests = asked.calls.map((call) => this.#note(call, asked.calls.length));
    const delayMs = this.#delayMs + Math.max(0, ...requests.map(({ action }) => delayOf(action)));
    if (delayMs > 0) await sleep(delayMs);

    const fate = requests.map(({ action }) => action).find(isFateOfAll);
    if (fate?.kind === "drop" || fate?.kind === "status") await this.#tellAll("before", requests);
    if (fate?.kind === "drop") cut(response, fate.how);
    else if (fate?.kind === "status") await refuse(response, fate);
    else {
      const replies = await this.#answers(requests);
      if (fate?.kind === "lose-reply") cut(response, fate.how);
      else await send(response, asked.batch ? replies : replies[0]);
    }
    await this.#tellAll("after", requests);
  }

  #note({ id, method, params }: RpcCall & { id: unknown }, together: number): Request {
    const action = this.#rules.actionFor({ method, params });
    const seen: SeenCall = { method, params, at: Date.now(), together, action: action?.kind };
    this.#calls.push(seen);
    return { id, seen, action };
  }

  async #tellAll(phase: "before" | "after", requests: Request[]): Promise<void> {
    for (const { seen } of requests) await this.#tell(phase, seen);
  }

  async #tell(phase: "before" | "after", seen: SeenCall): Promise<void> {
    for (const listener of [...this.#listeners]) await listener(phase, seen);
  }

  /** One after the other, as geth works through a batch. */
  async #answers(requests: Request[]): Promise<object[]> {
    const replies: object[] = [];
    for (const { id, seen, action } of requests) {
      await this.#tell("before", seen);
      seen.reply = await answer(this.#upstream, seen, action);
      replies.push({ ...envelope(id), ...seen.reply });
    }
    return replies;
  }
}

const PARSE_ERROR = { code: -32700, message: "parse error" };

const envelope = (id: unknown) => ({ jsonrpc: "2.0", id: id ?? null });

const delayOf = (action?: Action): number => (action?.kind === "delay" ? action.ms : 0);

const isFateOfAll = (action?: Action) =>
  action?.kind === "drop" || action?.kind === "lose-reply" || action?.kind === "status";

type Asked = { batch: boolean; calls: (RpcCall & { id: unknown })[] };

function parse(body: string): Asked | undefined {
  try {
    const json = JSON.parse(body);
    const calls = [json].flat().map(({ id, method, params }) => {
      if (typeof method !== "string") throw new Error("no method");
      return { id, method, params: params ?? [] };
    });
    return calls.length > 0 ? { batch: Array.isArray(json), calls } : undefined;
  } catch {
    return undefined;
  }
}

async function answer(
  upstream: Upstream,
  { method, params }: RpcCall,
  action?: Action,
): Promise<RpcReply> {
  if (action?.kind === "error") {
    const { code, message, data } = action;
    return { error: { code, message, data } };
  }
  if (action?.kind === "swallow") return { result: keccak256(String(params[0])) };
  if (action?.kind === "stale") return staleAnswer(upstream, { method, params }, action.blocks);
  const reply = await upstream({ method, params });
  if (action?.kind !== "lie" || "error" in reply) return reply;
  return { result: action.as(reply.result) };
}

function send(response: ServerResponse, body: unknown): Promise<void> {
  response.setHeader("content-type", "application/json");
  return finish(response, JSON.stringify(body));
}

function refuse(
  response: ServerResponse,
  { status, retryAfterSeconds, body = "" }: Action & { kind: "status" },
): Promise<void> {
  response.statusCode = status;
  if (retryAfterSeconds !== undefined) response.setHeader("retry-after", retryAfterSeconds);
  return finish(response, body);
}

/** The node does not answer: what a gateway says then. */
function unanswered(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else refuse(response, { kind: "status", status: 502, body: `bad gateway: ${error.message}` });
}

async function finish(response: ServerResponse, body: string): Promise<void> {
  const over = new Promise<void>((resolve) => response.once("close", resolve));
  response.end(body);
  await over;
}

function cut(response: ServerResponse, how: Cut = "close"): void {
  if (how === "close") response.socket?.destroy();
  if (how === "reset") response.socket?.resetAndDestroy();
}
