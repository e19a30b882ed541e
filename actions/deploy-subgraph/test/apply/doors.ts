import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request in place of the service at `to`, or by asking it. */
export type Pass = (to: string, request: IncomingMessage, response: ServerResponse) => unknown;

/** Their own addresses, by the names of the services that they stand before. */
export type Doors<Name extends string> = AsyncDisposable & { urls: Record<Name, string> };

/** Stands before services. A request whose passing fails is cut off. */
export async function openDoors<Name extends string>(
  services: Record<Name, string>,
  pass: Pass,
): Promise<Doors<Name>> {
  await using cleanup = new AsyncDisposableStack();
  const open = async ([name, to]: [string, string]) => {
    const server = http.createServer((request, response) => {
      Promise.resolve(pass(to, request, response)).catch(() => response.destroy());
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    cleanup.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    return [name, `http://127.0.0.1:${(server.address() as AddressInfo).port}`];
  };
  const urls = Object.fromEntries(await Promise.all(Object.entries<string>(services).map(open)));
  const parts = cleanup.move();
  return { urls, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

export async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
