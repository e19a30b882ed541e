import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, isIP, type Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { program } from "../../../scripts/programs.ts";

export type WalledNetworkOptions = {
  /** Keeps the certificate. */
  dir: string;
  /** Host, without a port, to the URL of the server on this machine that stands for it. */
  hosts: Record<string, string>;
};

export type WalledNetwork = AsyncDisposable & {
  /** What a process needs to get out: the proxy, and the CA of what stands beyond it. */
  readonly environment: { HTTPS_PROXY: string; NODE_EXTRA_CA_CERTS: string };
  /** `host:port` of each tunnel that was asked for, the refused ones too. */
  tunnels(): readonly string[];
};

/**
 * A company's network: a CONNECT proxy is the only way out of it, to these hosts and no others, and
 * their certificates are signed by a CA that only the company knows.
 */
export async function startWalledNetwork(options: WalledNetworkOptions): Promise<WalledNetwork> {
  const { dir, hosts } = options;
  const certificate = await makeCertificate(dir, Object.keys(hosts));
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();

  const proxy = createServer((_, response) => response.writeHead(405).end());
  proxy.on("connection", (socket) => sockets.add(socket.on("close", () => sockets.delete(socket))));
  proxy.on("connect", ({ url: authority = "" }, socket: Socket, head: Buffer) => {
    tunnels.push(authority);
    const url = hosts[authority.replace(/:\d+$/, "")];
    if (!url) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    socket.unshift(head);
    serve(new TLSSocket(socket, { isServer: true, ...certificate }), new URL(url));
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");

  return {
    environment: {
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      NODE_EXTRA_CA_CERTS: certificate.path,
    },
    tunnels: () => tunnels,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

/** Joins both ends; one that breaks off, or does not trust us, is the client's matter. */
function serve(client: TLSSocket, { hostname, port }: URL): void {
  const server = connect(Number(port), hostname);
  pipeline(client, server, client).catch(() => {});
}

type Certificate = { key: string; cert: string; path: string };

/**
 * Who trusts it trusts exactly these names: it is its own authority, but no CA, which forge and
 * anvil would not take for a server's.
 */
async function makeCertificate(dir: string, names: string[]): Promise<Certificate> {
  const [key, path] = [join(dir, "key.pem"), join(dir, "certificate.pem")];
  const subjects = names.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`).join(",");
  const extension = names.length > 0 ? ["-addext", `subjectAltName=${subjects}`] : [];
  await promisify(execFile)(program("openssl"), [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", "/CN=walled network", ...extension, "-days", "2"],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", path],
  ]);
  return { key: await readFile(key, "utf8"), cert: await readFile(path, "utf8"), path };
}
