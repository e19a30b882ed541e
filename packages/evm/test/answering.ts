import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Clock } from "@playbook/action";

type Request = { id: number; method: string; params: unknown[] };

export type Answer = {
  status?: number;
  headers?: Record<string, string>;
  /** Text as it is, anything else as JSON. */
  body?: unknown;
  /** Without a word: the connection is cut. */
  cut?: boolean;
};

export type Node = AsyncDisposable & {
  url: string;
  /** The requests so far: an object, or the list of a batch. */
  asked: (Request | Request[])[];
  headers: IncomingMessage["headers"][];
};

/**
 * A node of this process that answers each HTTP request with the next answer, the last for ever.
 */
export async function answering(
  ...answers: (Answer | ((asked: Request[]) => Answer))[]
): Promise<Node> {
  const asked: Node["asked"] = [];
  const headers: Node["headers"] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request)) as Request | Request[];
    asked.push(body);
    headers.push(request.headers);
    const next = answers[Math.min(asked.length, answers.length) - 1] ?? {};
    const answer = typeof next === "function" ? next([body].flat()) : next;
    if (answer.cut) return void response.socket?.destroy();
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { url, asked, headers, [Symbol.asyncDispose]: () => close(server) };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

/** Answers every request of a batch, or a single one, by its method. */
export function by(results: Record<string, unknown>): (asked: Request[]) => Answer {
  return (asked) => {
    const replies = asked.map(({ id, method, params }) => {
      const result = results[method];
      const found = typeof result === "function" ? result(...params) : result;
      if (found instanceof Refusal) return { id, jsonrpc: "2.0", error: found };
      return { id, jsonrpc: "2.0", result: found ?? null };
    });
    return { body: replies.length === 1 ? replies[0] : replies };
  };
}

/** A JSON-RPC error as a result in `by`. */
export class Refusal {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    this.code = code;
    this.message = message;
    this.data = data;
  }
}

/** A clock that never waits, and remembers for how long it should have. */
export function patientClock(now = 0): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms, signal) => {
      if (signal?.aborted) throw signal.reason;
      slept.push(ms);
    },
  };
}
