import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection, KubeObject } from "@playbook/kube";

type Tree = { [name: string]: unknown };

/** Told of each request before it is carried out. */
type OnRequest = (method: string, path: string) => unknown;

/**
 * As much of an API server as a node's set needs: objects at their paths, read, listed, and patched over
 * the version that was read.
 */
export async function startApi(objects: Record<string, KubeObject>) {
  const there = new Map(Object.entries(objects));
  let onRequest: OnRequest = () => {};

  const patch = (path: string, change: Tree): [status: number, body: object] => {
    const before = there.get(path) as KubeObject & Tree;
    const { resourceVersion, ...metadata } = (change.metadata ?? {}) as Tree;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      return [409, { kind: "Status", reason: "Conflict", message: "It was written since." }];
    const after = merged(before, { ...change, metadata }) as KubeObject & Tree;
    const isAsked = JSON.stringify(after.spec) !== JSON.stringify(before.spec);
    const { generation = 1, resourceVersion: version } = before.metadata;
    Object.assign(after.metadata, {
      generation: generation + Number(isAsked),
      resourceVersion: String(Number(version) + 1),
    });
    there.set(path, after);
    return [200, after];
  };

  const answer = (method: string, path: string, body: string): [status: number, body: object] => {
    const found = there.get(path);
    if (found && method === "PATCH") return patch(path, JSON.parse(body));
    if (found) return [200, found];
    if (method === "GET" && path.endsWith("s"))
      return [
        200,
        { items: [...there].filter(([key]) => key.startsWith(`${path}/`)).map(([, each]) => each) },
      ];
    return [404, { kind: "Status", reason: "NotFound", message: "It is not there." }];
  };

  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const path = url.split("?")[0] ?? "";
    const body = await textOf(request);
    await onRequest(method, path);
    const [status, said] = answer(method, path, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connection: Connection = {
    ...{ cluster: "a test's", server: `http://127.0.0.1:${port}`, unknownRemedy: "" },
    ...{ credential: async () => ({}), renew: () => {} },
  };
  return {
    connection,
    /** As the API server itself changes it, for somebody else. */
    patch,
    get: (path: string) => there.get(path) as KubeObject & Tree,
    onRequest: (listener: OnRequest) => {
      onRequest = listener;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function merged(one: unknown, change: Tree): Tree {
  const result: Tree = { ...(one as Tree) };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name];
    else if (typeof value === "object" && !Array.isArray(value))
      result[name] = merged(result[name] ?? {}, value as Tree);
    else result[name] = value;
  }
  return result;
}
