import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";

/** A line to a server that can stand still in the middle of what is sent over it. */
export type Line = AsyncDisposable & {
  url: string;
  /** Resolves once a connection has sent so many bytes and stands still. */
  readonly standing: Promise<void>;
};

/** Passes on all that is sent to `to`, but of each connection no more than so many bytes. */
export async function openLine(to: string, most: number): Promise<Line> {
  const { hostname, port } = new URL(to);
  const standing = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();

  async function* begin(client: Socket) {
    let sent = 0;
    for await (const part of client) {
      sent += part.length;
      if (sent <= most) yield part;
      else {
        standing.resolve();
        await once(client, "close");
        throw new Error("hung up");
      }
    }
  }
  const server = createServer((client) => {
    const service = connect(Number(port), hostname);
    for (const end of [client, service]) sockets.add(end.on("close", () => sockets.delete(end)));
    pipeline(client, begin, service, client).catch(() => service.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    standing: standing.promise,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
