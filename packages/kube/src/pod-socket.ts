import http from "node:http";
import https from "node:https";
import { Duplex } from "node:stream";
import { type Agents, agentsFor } from "@playbook/action";
import WebSocket, { type RawData } from "ws";
import { type Connection, tlsOf } from "./connection.ts";

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

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

async function open(connection: Connection, target: PodPort): Promise<Duplex> {
  const credential = await connection.credential();
  const first = await dial(connection, target, credential);
  if (!("status" in first)) return first;

  if (first.status === 401) {
    connection.renew(credential);
    const second = await dial(connection, target, await connection.credential());
    if (!("status" in second)) return second;
  }
  throw reset(`${connection.cluster} answers HTTP ${first.status} to port-forward: ${first.body}`);
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
 * opens another to whoever has its name.
 */
export function podAgents(connection: Connection, target: PodPort): Agents & Disposable {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  agent.createConnection = (_, callback) => {
    open(connection, target).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  };
  return { http: agent, https: new https.Agent(), [Symbol.dispose]: () => agent.destroy() };
}
