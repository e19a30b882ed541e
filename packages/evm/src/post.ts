import type { IncomingMessage } from "node:http";
import http from "node:http";
import https from "node:https";

export type Answer = { status: number; body: string; retryAfter: string | undefined };

type Agents = { http: http.Agent; https: https.Agent };

const TIMEOUT_MS = 20_000;

/** Posts JSON-RPC requests: one as an object, several as a batch. Rejects when no answer came. */
export function post(
  url: string,
  requests: object[],
  agents: Agents,
  signal?: AbortSignal,
): Promise<Answer> {
  const target = new URL(url);
  const secure = target.protocol === "https:";
  const body = JSON.stringify(requests.length === 1 ? requests[0] : requests);

  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(
      target,
      {
        method: "POST",
        agent: secure ? agents.https : agents.http,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        timeout: TIMEOUT_MS,
        signal,
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

/** Host and port of a URL: what may be printed of it. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
