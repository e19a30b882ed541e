import http from "node:http";
import https from "node:https";
import { Duplex } from "node:stream";
import { ActionError, type Agents, agentsFor } from "@playbook/action";
import WebSocket, { type RawData } from "ws";
import { type Connection, tlsOf, wasKnown } from "./connection.ts";
import { explain, Refusal } from "./failure.ts";
import { nameOf, pods } from "./objects.ts";

export type PodPort = { namespace: string; pod: string; port: number };

/** https://kubernetes.io/docs/reference/kubernetes-api/: two channels a port, data and error. */
const PROTOCOL = "v4.channel.k8s.io";
const DATA = 0;

/** Each channel begins with the port's number. */
const PORT_BYTES = 2;

const HANDSHAKE_MS = 10_000;

/** A byte stream to a port of a pod, through the API server: nothing listens on this machine. */
class PodSocket extends Duplex {
  readonly #socket: WebSocket;
  readonly #named = new Set<number>();

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(bytesOf(data)));
    socket.on("close", () => this.destroy(reset()));
    socket.on("error", (error) => this.destroy(error));
  }

  // HTTP's agents ask a socket for these.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]), done);
  }

  override _final(done: () => void): void {
    this.#socket.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }

  #receive(message: Buffer): void {
    const [channel = DATA] = message;
    const known = this.#named.has(channel);
    this.#named.add(channel);
    const said = message.subarray(1 + (known ? 0 : PORT_BYTES));
    if (said.length === 0) return;
    if (channel !== DATA) this.destroy(reset(said.toString().trim()));
    else if (!this.push(said)) this.#socket.pause();
  }
}

/** As a connection to a program that went away: a later one can succeed. */
function reset(why = "the connection to the pod has ended"): Error {
  return Object.assign(new Error(`ECONNRESET: ${why}`), { code: "ECONNRESET" });
}

const closed = () => reset("nobody speaks to the pod any more");

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** With a new credential when the first is not taken: it can end before its time. */
export async function open(connection: Connection, target: PodPort): Promise<Duplex> {
  const credential = await connection.credential();
  let dialled = await dial(connection, target, credential);
  if ("status" in dialled && dialled.status === 401) {
    connection.renew(credential);
    dialled = await dial(connection, target, await connection.credential());
  }
  if (!("status" in dialled)) return dialled;

  const refusal = new Refusal({ ...dialled, headers: {} });
  const name = nameOf({ resource: pods, name: target.pod, namespace: target.namespace });
  if (dialled.status === 401 && !wasKnown(connection))
    throw explain(refusal, { verb: "forward to", name }, connection);
  if (dialled.status === 403) throw forbidden(name, refusal);
  // A pod that is not there, or not yet, may be the next time; so may an API server that knows us.
  throw reset(`${connection.cluster} does not forward to ${name}: ${refusal.message}`);
}

/** Since Kubernetes 1.35 both verbs are needed, and what is said of the second is empty. */
function forbidden(name: string, refusal: Refusal): ActionError {
  return new ActionError(
    "kube-forbidden",
    {
      what: `This run may not forward to ${name}.`,
      why: refusal.message,
      next:
        "Apply the RBAC manifest of this release again, or give the role " +
        '{ apiGroups: [""], resources: ["pods/portforward"], verbs: ["get", "create"] }.',
    },
    { cause: refusal },
  );
}

type Refused = { status: number; body: string };

function dial(
  connection: Connection,
  { namespace, pod, port }: PodPort,
  { token, certificate }: Awaited<ReturnType<Connection["credential"]>>,
): Promise<Duplex | Refused> {
  const { server, proxy } = connection;
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
  const way = agentsFor(server, proxy ? { HTTPS_PROXY: proxy, HTTP_PROXY: proxy } : process.env);
  const secure = server.startsWith("https:");
  const socket = new WebSocket(`${server.replace(/^http/, "ws")}${path}`, PROTOCOL, {
    agent: secure ? way.https : way.http,
    headers: { ...(token && { authorization: `Bearer ${token}` }) },
    handshakeTimeout: HANDSHAKE_MS,
    perMessageDeflate: false,
    ...tlsOf(connection),
    ...certificate,
  });
  return new Promise((resolve, reject) => {
    socket.once("open", () => {
      socket.removeAllListeners("error");
      resolve(new PodSocket(socket));
    });
    socket.once("error", reject);
    socket.once("unexpected-response", (_, response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        body = (body + part).slice(0, 500);
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.once("error", reject);
    });
  });
}

/**
 * Agents whose connections lead into a pod. A pod that is replaced ends them, and the next request
 * opens another to whoever has its name; after their disposal none is opened any more.
 */
export function podAgents(connection: Connection, target: PodPort): Agents & Disposable {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  let isClosed = false;
  const opened = async () => {
    if (isClosed) throw closed();
    const socket = await open(connection, target);
    if (!isClosed) return socket;
    socket.on("error", () => {});
    socket.destroy();
    throw closed();
  };
  agent.createConnection = (_, callback) => {
    opened().then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
  const close = () => {
    isClosed = true;
    agent.destroy();
  };
  return { http: agent, https: new https.Agent(), [Symbol.dispose]: close };
}
