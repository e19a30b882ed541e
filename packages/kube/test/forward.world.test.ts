import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, startCluster } from "@playbook/world";
import { type JsonRpc, podRpc, pods, until, urlRpc } from "../src/index.ts";
import { clientFor, container, quickClock } from "./place.ts";

const namespace = "default";

/** A program that answers JSON-RPC, at a port that every pod of the cluster leads to. */
class Program {
  answer: (method: string, params: unknown[]) => unknown = (method, params) => ({
    result: { method, params },
  });
  asked = 0;
  connections = 0;
  open = 0;
  #server: Server = createServer();

  async start(port = 0): Promise<number> {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const { id, method, params } = JSON.parse(body);
      this.asked += 1;
      const said = await this.answer(method, params);
      if (said === undefined) request.socket.destroy();
      else response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(said as object) }));
    });
    this.#server.on("connection", (socket) => {
      this.connections += 1;
      this.open += 1;
      socket.on("close", () => {
        this.open -= 1;
      });
    });
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

const program = new Program();
let port: number;
let cluster: Cluster;
beforeAll(async () => {
  [cluster, port] = await Promise.all([startCluster(), program.start()]);
  await cluster.api.create("/apis/kwok.x-k8s.io/v1alpha1/clusterportforwards", {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterPortForward",
    metadata: { name: "program" },
    spec: { forwards: [{ ports: [8000], target: { port, address: "127.0.0.1" } }] },
  });
  await run("node-0");
}, 1_200_000);
beforeEach(() => {
  cluster.gate.calm();
  program.answer = (method, params) => ({ result: { method, params } });
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await program.stop();
});

async function run(name: string): Promise<string> {
  const { client, context } = await clientFor(cluster);
  const spec = { containers: [container] };
  const metadata = { name, namespace };
  await client.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
  const ready = await until(
    () => client.get({ resource: pods, name, namespace }),
    ({ status }) => status?.containerStatuses?.[0]?.ready === true,
    { what: `${name} is ready`, deadlineMs: 60_000, pauseMs: 100, context },
  );
  return ready.metadata.uid;
}

async function open(target = 8000): Promise<JsonRpc> {
  const { connection, context } = await clientFor(cluster);
  return podRpc(connection, { namespace, pod: "node-0", port: target }, context);
}

test("a method of a program in a pod is called, over one connection for many calls", async () => {
  using rpc = await open();
  const before = program.connections;

  for (const block of [1, 2, 3]) {
    expect(await rpc.call("eth_getBlockByNumber", [block, false])).toEqual({
      method: "eth_getBlockByNumber",
      params: [block, false],
    });
  }

  expect(program.connections - before).toBe(1);
  expect(rpc.name).toBe("default/node-0:8000");
});

test("an answer of megabytes is whole", async () => {
  using rpc = await open();
  const large = "x".repeat(5_000_000);
  program.answer = () => ({ result: large });

  expect(await rpc.call("large")).toBe(large);
});

test("what the program refuses is its own error, and is not asked again", async () => {
  using rpc = await open();
  program.answer = () => ({ error: { code: -32601, message: "no such method", data: [1] } });
  const before = program.asked;

  await expect(rpc.call("nothing")).rejects.toMatchObject({
    name: "RpcRefusal",
    code: -32601,
    message: "no such method",
    data: [1],
  });
  expect(program.asked - before).toBe(1);
});

test("a connection that the program ends is opened anew", async () => {
  using rpc = await open();
  await rpc.call("first");
  let tries = 0;
  program.answer = () => (++tries === 1 ? undefined : { result: tries });

  expect(await rpc.call("again")).toBe(2);
});

test("what was hung up keeps nothing open, also after a call that is under way", async () => {
  const rpc = await open();
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  program.answer = () => {
    asked();
    return undefined;
  };
  const call = rpc.call("late", [], { deadlineMs: 2_000 }).catch((error: unknown) => error);
  await isAsked;
  rpc[Symbol.dispose]();
  program.answer = () => ({ result: "late" });

  expect(await call).toMatchObject({ code: "rpc-silent" });

  while (program.open > 0) await sleep(20);
});

test("a pod that is replaced is spoken to under its name", async () => {
  using rpc = await open();
  await rpc.call("before");
  const { client, context } = await clientFor(cluster);
  const ref = { resource: pods, name: "node-0", namespace };
  const { uid } = (await client.get(ref)).metadata;
  await client.remove(ref, uid);
  await until(
    () => client.find(ref),
    (pod) => pod === undefined,
    {
      what: "the pod is gone",
      deadlineMs: 30_000,
      pauseMs: 100,
      context,
    },
  );
  await program.stop();

  const asked = rpc.call("after", [], { deadlineMs: 30_000 });
  await program.start(port);
  await run("node-0");

  expect(await asked).toMatchObject({ method: "after" });
});

test("an API server that cuts connections does not end a call", async () => {
  using rpc = await open();
  await rpc.call("before");
  await cluster.gate.close();
  const asked = rpc.call("during", [], { deadlineMs: 30_000 });
  await cluster.gate.open();

  expect(await asked).toMatchObject({ method: "during" });
});

test("a token that is refused is renewed for the connection too", async () => {
  const { connection, context } = await clientFor(cluster);
  let refused = true;
  const ending = {
    ...connection,
    credential: async () => (refused ? { token: "ended" } : connection.credential()),
    renew: () => {
      refused = false;
    },
  };
  using rpc = podRpc(ending, { namespace, pod: "node-0", port: 8000 }, context);

  expect(await rpc.call("renewed")).toMatchObject({ method: "renewed" });
});

test("a pod that does not listen is named with the port, after the deadline", async () => {
  const { connection } = await clientFor(cluster);
  const { context } = await clientFor(cluster, { clock: quickClock().clock });
  const target = { namespace, pod: "node-0", port: 9999 };
  using rpc = podRpc(connection, target, context);

  await expect(rpc.call("any", [], { deadlineMs: 2_000 })).rejects.toMatchObject({
    code: "rpc-silent",
    what: expect.stringContaining("default/node-0:9999"),
  });
});

test("a plain address is spoken to in the same way", async () => {
  const { context } = await clientFor(cluster);
  using rpc = urlRpc(`http://127.0.0.1:${port}/`, context);

  expect(await rpc.call("plain", [1])).toEqual({ method: "plain", params: [1] });
});
