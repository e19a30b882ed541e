import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { bearerOf, bodyOf } from "../runner/listen.ts";
import type { Certificates } from "./certificates.ts";
import {
  type Asked,
  type GateFault,
  GateFaults,
  readAsked,
  type SetGateFault,
  type Struck,
} from "./gate-rules.ts";
import { forward, type GateStatus, joinUpstream, sendStatus, type Upstream } from "./gate-wire.ts";
import type { Tokens } from "./tokens.ts";

/** A request that came, and what became of it. */
export type SeenRequest = Asked & {
  /** Milliseconds since 1970. */
  at: number;
  /** As the client saw it; 0 when the connection broke instead, or while it is under way. */
  status: number;
};

/**
 * Sees a request `before` anything has taken effect, and `after` it has and before the client hears
 * of it; the request waits for the listener.
 */
export type RequestListener = (
  phase: "before" | "after",
  request: SeenRequest,
) => void | Promise<void>;

export type Gate = {
  /** What was asked since the start or the last `forget`, in the order in which it came. */
  requests(): readonly SeenRequest[];
  forget(): void;
  onRequest(listener: RequestListener): () => void;
  fault(fault: GateFault): SetGateFault;
  /** No faults any more; what was held goes on. */
  calm(): void;
  /** The API server cannot be reached any more, open connections break. Its controllers go on. */
  close(): Promise<void>;
  open(): Promise<void>;
};

type Parts = { certificates: Certificates; tokens: Tokens; upstreamPort: number };

/**
 * Stands before the API server, where everybody but its own components has to pass, and does to
 * them what networks and load balancers do.
 */
export async function startGate(parts: Parts): Promise<Desk> {
  const desk = new Desk(parts);
  await desk.open();
  return desk;
}

export class Desk implements Gate, AsyncDisposable {
  readonly #server;
  readonly #upstream: Upstream;
  readonly #parts: Parts;
  readonly #sockets = new Set<Socket>();
  readonly #faults = new GateFaults();
  readonly #listeners = new Set<RequestListener>();
  #seen: SeenRequest[] = [];
  #port = 0;

  constructor(parts: Parts) {
    const { key, cert, ca } = parts.certificates;
    this.#parts = parts;
    const agent = new Agent({ keepAlive: true, ca });
    this.#upstream = { port: parts.upstreamPort, agent, ca };
    this.#server = createServer({ key, cert }, (request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
    this.#server.keepAliveTimeout = 0;
    this.#server.on("upgrade", (request, socket, head) => {
      this.#join(request, socket, head).catch(() => socket.destroy());
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket.on("close", () => this.#sockets.delete(socket)));
    });
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  requests(): readonly SeenRequest[] {
    return this.#seen;
  }

  forget(): void {
    this.#seen = [];
  }

  onRequest(listener: RequestListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  fault(fault: GateFault): SetGateFault {
    return this.#faults.add(fault);
  }

  calm(): void {
    this.#faults.calm();
  }

  /** Always at the port that it had first. */
  async open(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.calm();
    await this.close();
    this.#upstream.agent.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const seen = await this.#note(request);
    const struck = this.#faults.strike(seen);
    await this.#tell("before", seen);
    const end = await this.#strikeBefore(request, struck);
    if (end === "broken") return void request.socket.destroy();
    if (end) {
      seen.status = end.status;
      return sendStatus(response, end);
    }
    const reply = await forward(request, response, body, this.#upstream);
    seen.status = reply.statusCode ?? 0;
    const streams = seen.verb === "watch" || /[?&]follow=(true|1)/.test(request.url ?? "");
    const content = streams ? reply : await bodyOf(reply);
    if (await this.#strikeAfter(request, seen, struck)) return;

    response.writeHead(reply.statusCode ?? 502, reply.headers);
    if (content instanceof Buffer) response.end(content);
    else await pipeline(content, response);
  }

  /** An error that ends the request here, or that it breaks; undefined when it goes on. */
  async #strikeBefore(
    request: IncomingMessage,
    struck: Struck[],
  ): Promise<GateStatus | "broken" | undefined> {
    if (this.#parts.tokens.isExpired(bearerOf(request))) return { status: 401 };
    for (const { effect, released } of struck) {
      if (effect.do === "delay") await sleep(effect.ms);
      if (effect.do === "hold") await released;
      if (effect.do === "break before") return "broken";
      if (effect.do === "status") return effect;
    }
    return undefined;
  }

  async #strikeAfter(
    { socket }: IncomingMessage,
    seen: SeenRequest,
    struck: Struck[],
  ): Promise<boolean> {
    await this.#tell("after", seen);
    for (const { effect, released } of struck) {
      if (effect.do === "hold reply") await released;
      if (effect.do === "lose reply") {
        seen.status = 0;
        socket.destroy();
        return true;
      }
    }
    return false;
  }

  async #note(request: IncomingMessage): Promise<SeenRequest> {
    const { method = "GET", url = "/" } = request;
    const at = Date.now();
    const user = await this.#parts.tokens.userOf(bearerOf(request));
    const seen = { ...readAsked(method, url, user?.name ?? ""), at, status: 0 };
    this.#seen.push(seen);
    return seen;
  }

  async #tell(phase: "before" | "after", seen: SeenRequest): Promise<void> {
    for (const listener of [...this.#listeners]) await listener(phase, seen);
  }

  /** A connection that becomes another protocol: exec and port-forward. */
  async #join(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const seen = await this.#note(request);
    const struck = this.#faults.strike(seen);
    await this.#tell("before", seen);
    const end = await this.#strikeBefore(request, struck);
    if (end === "broken") return void client.destroy();
    seen.status = end ? end.status : await joinUpstream(request, client, head, this.#upstream);
    if (end) client.end(`HTTP/1.1 ${end.status} Refused\r\ncontent-length: 0\r\n\r\n`);
    await this.#tell("after", seen);
  }
}
