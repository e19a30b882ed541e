import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Asked = { path: string; token: string | undefined; body: unknown };
export type Answer = { status?: number; body: unknown };

/** Lets pages of any origin ask, as graph-node does. */
export const FOR_PAGES = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "Content-Type, User-Agent",
  "access-control-allow-methods": "GET, OPTIONS, POST",
};

export type Served = AsyncDisposable & { port: number };

/** Passes on what was asked, to where it is answered; nothing when nobody answers there. */
export async function passOn(url: string, body: unknown): Promise<Answer | undefined> {
  const headers = { "content-type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(url, request).catch(() => undefined);
  return answer && { status: answer.status, body: await answer.json() };
}

/** Serves JSON for JSON on this machine, with these headers. Without an answer it hangs up. */
export async function serve(
  port: number,
  answer: (asked: Asked) => Promise<Answer | undefined>,
  headers: Record<string, string> = {},
): Promise<Served> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    respond(request, response, answer).catch((error) => {
      response.writeHead(500).end(String(error?.stack));
    });
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (asked: Asked) => Promise<Answer | undefined>,
): Promise<void> {
  if (request.method === "OPTIONS") return void response.end();
  if (request.method !== "POST") return reply(response, 200, { message: "Not found" });
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1];
  const body = parsed(Buffer.concat(parts).toString());
  if (body === undefined) return reply(response, 400, { error: "the body is not JSON" });
  const answered = await answer({ path: request.url ?? "/", token, body });
  if (!answered) return void response.destroy();
  reply(response, answered.status ?? 200, answered.body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    return undefined;
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
