import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Relay = AsyncDisposable & {
  readonly url: string;
  /** Bytes that clients have sent since the last `forget`, headers and all. */
  sent(): number;
  forget(): void;
};

/** Passes connections on to a server of this machine, whose answers it holds back for so long. */
export async function startRelay(url: string, delayMs = 0): Promise<Relay> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let sent = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const behind = connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(one.on("close", () => sockets.delete(one)));
      one.on("error", () => other.destroy());
      one.on("end", () => other.end());
    }
    client.on("data", (part) => {
      sent += part.length;
      behind.write(part);
    });
    behind.on("data", (part) => {
      if (delayMs === 0) client.write(part);
      else setTimeout(() => client.write(part), delayMs);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: () => sent,
    forget: () => {
      sent = 0;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
