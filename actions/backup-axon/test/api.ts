import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection, KubeObject } from "@playbook/kube";

type Tree = { [name: string]: unknown };

/** Told of each request before it is carried out. */
type OnRequest = (method: string, path: string) => unknown;

/**
 * As much of an API server as a backup needs: objects at their paths, made, read, listed, deleted,
 * and patched over the version that was read. Nobody acts on them.
 */
export async function startApi(objects: Record<string, KubeObject>) {
  const there = new Map(Object.entries(objects));
  let onRequest: OnRequest = () => {};

  const patch = (path: string, change: Tree): [status: number, body: object] => {
    const before = (there.get(path) ?? { metadata: {} }) as KubeObject & Tree;
    const { resourceVersion, ...metadata } = (change.metadata ?? {}) as Tree;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      return [409, { kind: "Status", reason: "Conflict", message: "It was written since." }];
    const after = merged(before, { ...change, metadata }) as KubeObject & Tree;
    const isAsked = JSON.stringify(after.spec) !== JSON.stringify(before.spec);
    const { generation = 1, resourceVersion: version = 0 } = before.metadata;
    Object.assign(after.metadata, {
      generation: generation + Number(isAsked),
      resourceVersion: String(Number(version) + 1),
    });
    there.set(path, after);
    return [200, after];
  };

  const listed = (path: string, labels: string | null) => {
    const [name = "", value] = labels?.split("=") ?? [];
    const isIn = (key: string) => key.slice(0, key.lastIndexOf("/")) === path;
    const within = [...there].filter(([key]) => isIn(key)).map(([, each]) => each);
    return within.filter(({ metadata }) => !labels || metadata.labels?.[name] === value);
  };

  const answer = (
    method: string,
    { pathname: path, searchParams }: URL,
    body: string,
  ): [status: number, body: object] => {
    const found = there.get(path);
    if (method === "POST") {
      const made = JSON.parse(body) as KubeObject;
      made.metadata.uid = "1";
      there.set(`${path}/${made.metadata.name}`, made);
      return [201, made];
    }
    if (method === "PATCH") return patch(path, JSON.parse(body));
    if (method === "DELETE") there.delete(path);
    if (found) return [200, found];
    if (/\/(pods|persistentvolumeclaims|events)$/.test(path))
      return [200, { items: listed(path, searchParams.get("labelSelector")) }];
    return [404, { kind: "Status", reason: "NotFound", message: "It is not there." }];
  };

  const server = createServer(async (request, response) => {
    const { method = "" } = request;
    const url = new URL(request.url ?? "", "http://api");
    const body = await textOf(request);
    await onRequest(method, url.pathname);
    const [status, said] = answer(method, url, body);
    // A pod's log is text.
    const text = typeof said === "string" ? said : JSON.stringify(said);
    response.writeHead(status, { "content-type": "application/json" }).end(text);
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
