import http, { type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https, { type RequestOptions } from "node:https";
import { type Agents, agentsFor } from "./network.ts";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

export type Question = {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** From the first byte to the last. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
  /** Another way than the environment's proxies. */
  agents?: Agents | undefined;
  /** Whom to trust and who one is, where that is not for the whole machine. */
  tls?: Tls | undefined;
};

export type Tls = Pick<RequestOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized">;

const TIMEOUT_MS = 20_000;

/**
 * One HTTP request over the library's agents, whatever status answers it. Rejects when there is no
 * answer, and with the signal's reason when it is aborted.
 */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { method = "GET", headers, body, timeoutMs = TIMEOUT_MS, signal, tls } = question;
  const target = new URL(url);
  const secure = target.protocol === "https:";
  const agents = question.agents ?? agentsFor(url);
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any(signal ? [signal, timeout] : [timeout]);

  try {
    return await new Promise((resolve, reject) => {
      const agent = secure ? agents.https : agents.http;
      const request = (secure ? https : http).request(target, {
        ...tls,
        method,
        agent,
        headers: { ...headers, ...(body && { "content-length": Buffer.byteLength(body) }) },
        signal: either,
      });
      request.on("error", reject);
      request.on("response", (response) => collect(response).then(resolve, reject));
      request.end(body);
    });
  } catch (error) {
    // Node throws an error of its own for an abort: which of the two it was is said here.
    if (signal?.aborted) throw signal.reason;
    if (!timeout.aborted) throw error;
    throw new DOMException(`no answer in ${timeoutMs / 1_000} s`, "TimeoutError");
  }
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: Buffer.concat(parts).toString() };
}
