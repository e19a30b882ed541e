import { Agent, request } from "node:http";

export type RpcCall = { method: string; params: unknown[] };

export type RpcFailure = { code: number; message: string; data?: unknown };

export type RpcReply = { result: unknown } | { error: RpcFailure };

/** Whatever answers a call: a node, or something that stands before one. */
export type Upstream = (call: RpcCall) => Promise<RpcReply>;

/** A node's refusal, as it worded it. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(method: string, { code, message, data }: RpcFailure) {
    super(`${method}: ${message} (${code})`);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

/** Quantities of JSON-RPC: hexadecimal without leading zeros. */
export const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Asks and unwraps: the result, or an RpcError. */
export async function ask<T>(upstream: Upstream, method: string, ...params: unknown[]): Promise<T> {
  const reply = await upstream({ method, params });
  if ("error" in reply) throw new RpcError(method, reply.error);
  return reply.result as T;
}

/** A node that says nothing for so long says nothing any more: whoever waits is told. */
const PATIENCE_MS = 120_000;

/** A node over HTTP, on connections that are kept. They close with `close`, or by themselves. */
export function httpNode(url: string): { call: Upstream; close(): void } {
  const agent = new Agent({ keepAlive: true });
  const call: Upstream = async (asked) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, ...asked });
    const reply = JSON.parse(await post(url, body, agent));
    return "error" in reply ? { error: reply.error } : { result: reply.result };
  };
  return { call, close: () => agent.destroy() };
}

function post(url: string, body: string, agent: Agent): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const sent = request(url, { method: "POST", agent, headers, signal }, (response) => {
    let text = "";
    response.setEncoding("utf8").on("data", (data) => {
      text += data;
    });
    response.on("end", () => resolve(text)).on("error", reject);
  });
  sent.on("error", reject).end(body);
  return promise;
}
