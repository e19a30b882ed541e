import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cloud } from "../aws/gateway.ts";
import { type HttpReply, type HttpRequest, readRequest } from "../aws/request.ts";
import { Cache, type Entry } from "./cache.ts";
import type { Distribution } from "./cloudfront.ts";
import { compressed, encodingFor } from "./compression.ts";
import { mayBeStale, secondsToKeep, secondsToKeepError } from "./freshness.ts";
import { failure, fetchFrom } from "./origin.ts";
import {
  asAsked,
  behaviourFor,
  eventOf,
  functionFailed,
  replyOf,
  type Visit,
  withHeaders,
} from "./visit.ts";

export type EdgeRequest = {
  /** Id of the distribution. */
  distribution: string;
  location: number;
  method: string;
  /** As the viewer asked. */
  path: string;
  /** As the function made it. */
  uri: string;
  status: number;
  /** How it was answered, as `x-cache` begins: `Hit`, `Miss`, `RefreshHit`, `Error`, … */
  cache: string;
};

export type Edge = {
  /** Where a distribution answers on this machine, by its domain, its other names or its id. */
  url(name: string): string;
  /**
   * For each edge location, how many reads of a key-value store still see what was before a write.
   * Viewers come to one location after the other; without this there is one that sees all at once.
   */
  lag(...reads: number[]): void;
  /** How often an invalidation is seen in progress before it has taken effect; 0 at first. */
  lagInvalidations(looks: number): void;
  /** Goes on as if so many seconds had passed, for all that is kept. */
  advance(seconds: number): void;
  /** Forgets all that the locations keep. */
  purge(): void;
  /** What viewers asked for since the start or the last `clearRequests`. */
  requests(): readonly EdgeRequest[];
  clearRequests(): void;
};

/** A reply on its way to the viewer, and how the edge came by it. */
type Answer = { reply: HttpReply; cache: string; uri: string; location: number };

/** CloudFront before the account's buckets: a server of its own for each distribution. */
export class EdgeNetwork implements Edge {
  readonly #cloud: Cloud;
  readonly #servers = new Map<string, Server>();
  readonly #caches = new Map<string, Cache>();
  #requests: EdgeRequest[] = [];
  #ahead = 0;
  #visits = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  url(name: string): string {
    const { id } = this.#named(name);
    const address = this.#servers.get(id)?.address() as AddressInfo | undefined;
    return `http://127.0.0.1:${address?.port}`;
  }

  lag(...reads: number[]): void {
    this.#cloud.account.cloudfront.lags = reads.length > 0 ? reads : [0];
  }

  lagInvalidations(looks: number): void {
    for (const { invalidations } of this.#cloud.account.cloudfront.distributions.values()) {
      invalidations.last(looks);
    }
  }

  advance(seconds: number): void {
    this.#ahead += seconds * 1000;
  }

  purge(): void {
    this.#caches.clear();
  }

  requests(): readonly EdgeRequest[] {
    return this.#requests;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  /** Gives every distribution that was made since its server. */
  async open(): Promise<void> {
    for (const distribution of this.#cloud.account.cloudfront.distributions.values()) {
      const { id, invalidations } = distribution;
      if (this.#servers.has(id)) continue;
      const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
        this.#serve(id, message, response).catch(() => message.socket.destroy());
      });
      this.#servers.set(id, server);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      invalidations.onForget((matches) => {
        for (const [name, cache] of this.#caches) if (name.startsWith(id)) cache.forget(matches);
      });
    }
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.values()) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    this.#servers.clear();
  }

  /**
   * A name that another distribution has in `Host` decides, as it does before all of CloudFront.
   */
  async #serve(id: string, message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    const host = (request.headers.host ?? "").replace(/:\d+$/, "");
    const distribution = this.#cloud.account.cloudfront.find(host) ?? this.#named(id);
    const { reply, cache, uri, location } = await this.#answer(distribution, request);
    const { method, path } = request;
    const { status } = reply;
    this.#requests.push({
      distribution: distribution.id,
      location,
      method,
      path,
      uri,
      status,
      cache,
    });
    const bodiless = method === "HEAD" || status === 304;
    response.writeHead(status, {
      ...reply.headers,
      ...(status !== 304 && { "content-length": reply.body.length }),
      "x-cache": `${cache} from cloudfront`,
      via: `1.1 ${distribution.id.toLowerCase()}.cloudfront.net (CloudFront)`,
      "x-amz-cf-pop": `SIM${location}-P1`,
      "x-amz-cf-id": randomUUID(),
    });
    response.end(bodiless ? undefined : reply.body);
  }

  async #answer(distribution: Distribution, request: HttpRequest): Promise<Answer> {
    const location = this.#visits % this.#cloud.account.cloudfront.lags.length;
    this.#visits += 1;
    const behaviour = behaviourFor(distribution, request.path);
    const own = (reply: HttpReply, cache: string): Answer => ({
      ...{ reply: withHeaders(reply, behaviour, request), cache, uri: request.path, location },
    });
    if (!behaviour.methods.includes(request.method)) {
      return own(
        failure(403, "This distribution is not configured to allow the method.\n"),
        "Error",
      );
    }
    const event = eventOf(distribution, request);
    const result = await behaviour.viewerRequest?.run(event, location);
    if (result?.kind === "failed") return own(functionFailed(result.how, result.why), result.how);
    if (result?.kind === "response")
      return own(replyOf(result.response), "FunctionGeneratedResponse");

    const uri = result?.request.uri ?? request.path;
    const { reply, cache } = await this.#fromCache(distribution, {
      request,
      uri,
      behaviour,
      location,
    });
    const whole = withHeaders(reply, behaviour, request);
    return { reply: asAsked(whole, request), cache, uri, location };
  }

  async #fromCache(distribution: Distribution, visit: Visit) {
    const { request, uri, behaviour, location } = visit;
    const encoding = encodingFor(request.headers["accept-encoding"], behaviour);
    const cache = this.#cacheOf(distribution, location);
    const key = `${encoding ?? "plain"} ${uri}`;
    const known = cache.find(key);
    const now = Date.now() + this.#ahead;
    if (known && now < known.freshUntil) return hit(known, now);

    const etag = known?.reply.headers.etag?.replace(/^W\//, "");
    const fetched = await fetchFrom(this.#cloud, distribution, behaviour, uri, etag);
    if (known && fetched.status === 304) {
      const reply = renewed(known.reply, fetched);
      this.#keep(cache, key, { uri, reply }, distribution, visit, now);
      return { reply, cache: "RefreshHit" };
    }
    if (known && fetched.status >= 500 && mayBeStale(known.reply.headers)) return hit(known, now);
    const reply = compressed(fetched, encoding);
    this.#keep(cache, key, { uri, reply }, distribution, visit, now);
    return { reply, cache: reply.status >= 400 ? "Error" : "Miss" };
  }

  #keep(
    cache: Cache,
    key: string,
    { uri, reply }: Pick<Entry, "uri" | "reply">,
    { errorSeconds }: Distribution,
    { behaviour }: Visit,
    now: number,
  ): void {
    const { status, headers } = reply;
    const seconds =
      status >= 400
        ? secondsToKeepError(status, headers, errorSeconds, now)
        : secondsToKeep(headers, behaviour.caching, now);
    if (seconds === undefined) cache.drop(key);
    else cache.keep(key, { uri, reply, keptAt: now, freshUntil: now + seconds * 1000 });
  }

  #cacheOf({ id }: Distribution, location: number): Cache {
    const name = `${id} ${location}`;
    const cache = this.#caches.get(name) ?? new Cache();
    this.#caches.set(name, cache);
    return cache;
  }

  #named(name: string): Distribution {
    const found = this.#cloud.account.cloudfront.find(name);
    if (!found) throw new Error(`The account has no distribution ${name}.`);
    return found;
  }
}

function hit({ reply, keptAt }: Entry, now: number) {
  const age = String(Math.floor((now - keptAt) / 1000));
  const cache = reply.status >= 400 ? "Error" : "Hit";
  return { reply: { ...reply, headers: { ...reply.headers, age } }, cache };
}

/** What is kept, with what the origin now says about how long. */
function renewed(kept: HttpReply, { headers }: HttpReply): HttpReply {
  const told = Object.entries(headers).filter(([name]) => RENEWABLE.includes(name));
  return { ...kept, headers: { ...kept.headers, ...Object.fromEntries(told) } };
}

const RENEWABLE = ["cache-control", "date", "expires"];
