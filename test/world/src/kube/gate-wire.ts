import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Agent, request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { connect } from "node:tls";
import { sendJson } from "../runner/listen.ts";

/** The API server itself. */
export type Upstream = { port: number; agent: Agent; ca: string };

const host = "127.0.0.1";

/** Passes a request on; it ends when its client goes away. */
export async function forward(
  { method, url: path, headers }: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  { port, agent }: Upstream,
): Promise<IncomingMessage> {
  const request = httpsRequest({ host, port, agent, method, path, headers });
  response.once("close", () => request.destroy());
  request.end(body);
  const [reply] = (await once(request, "response")) as [IncomingMessage];
  return reply;
}

/** Joins a connection that is to become another protocol to the API server until either ends. */
export async function joinUpstream(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  { port, ca }: Upstream,
): Promise<number> {
  const upstream = connect({ host, port, ca });
  client.on("error", () => upstream.destroy());
  upstream.on("error", () => client.destroy());
  await once(upstream, "secureConnect");
  upstream.write(headOf(request));
  upstream.write(head);

  let status = 0;
  upstream.once("data", (data: Buffer) => {
    status = Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString("latin1"))?.[1] ?? 0);
  });
  await pipeline(client, upstream, client).catch(() => {});
  return status;
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/1.1`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const REASONS: Record<number, string> = {
  401: "Unauthorized",
  403: "Forbidden",
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

export type GateStatus = { status: number; reason?: string; message?: string; retryAfter?: number };

/** An error as the API server words it. */
export function sendStatus(response: ServerResponse, said: GateStatus): void {
  const { status, reason = REASONS[status] ?? "", message = reason, retryAfter } = said;
  const headers = retryAfter === undefined ? undefined : { "retry-after": String(retryAfter) };
  const body = { status: "Failure", message, reason, code: status };
  sendJson(response, status, { apiVersion: "v1", kind: "Status", metadata: {}, ...body }, headers);
}
