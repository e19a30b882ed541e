import { Agent, request as send } from "node:http";
import type { Call } from "./call.ts";
import { withoutChunkHeaders } from "./chunked.ts";
import type { HttpReply } from "./request.ts";

/** What keeps the objects and keys, behind the gateway. It trusts whoever asks. */
export type Backend = AsyncDisposable & {
  perform(call: Call): Promise<HttpReply>;
  /** Makes empty objects, all at once. */
  fill?(bucket: string, keys: string[]): Promise<void>;
  stop(): Promise<void>;
};

const HOP_BY_HOP = ["connection", "keep-alive", "transfer-encoding", "expect", "host"];
const CLIENTS_OWN = [
  "authorization",
  "x-amz-content-sha256",
  "x-amz-security-token",
  "content-length",
];

/** Passes calls on to a server on this machine; `authorization` is what it is told of the call. */
export function httpBackend(port: number, authorization?: (call: Call) => string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    perform: (call: Call) => forward(call, port, agent, authorization?.(call)),
    close: () => agent.destroy(),
  };
}

function forward(
  { request }: Call,
  port: number,
  agent: Agent,
  authorization: string | undefined,
): Promise<HttpReply> {
  const headers = {
    ...without(withoutChunkHeaders(request.headers), [...HOP_BY_HOP, ...CLIENTS_OWN]),
    "content-length": String(request.body.length),
    ...(authorization !== undefined && { authorization }),
  };
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const target = { host: "127.0.0.1", port, agent, method: request.method, headers };
  const outgoing = send({ ...target, path: request.path + unsignedQuery(request.query) });
  outgoing.on("error", reject);
  outgoing.on("response", (response) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("error", reject);
    response.on("end", () => {
      const known = response.headers as Record<string, string>;
      resolve({
        status: response.statusCode ?? 502,
        headers: without(known, HOP_BY_HOP),
        body: Buffer.concat(parts),
      });
    });
  });
  outgoing.end(request.body);
  return promise;
}

/** The query without a presigned URL's signature. */
function unsignedQuery(query: [string, string][]): string {
  const own = query.filter(([name]) => !name.toLowerCase().startsWith("x-amz-"));
  const pairs = own.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

function without(headers: Record<string, string>, names: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
