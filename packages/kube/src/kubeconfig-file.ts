import { spawn } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection } from "./connection.ts";

/** For a program that speaks to the cluster itself: what it needs, in a folder of our own. */
export type KubeconfigFile = AsyncDisposable & {
  readonly path: string;
  /** Of mode 0700; it goes with the file. */
  readonly folder: string;
};

/** Clients read a file of a token again after a minute; one in it is good for longer. */
const LOOK_MS = 20_000;

/** A line means that the folder is gone already; the pipe's end, that this process died. */
const SWEEP = 'read -r _ || rm -rf "$1"';

/**
 * Writes a kubeconfig (0600) whose token lies in a file beside it, which is renewed for as long as
 * this is not disposed of. The folder goes with it, and with this process, however that dies.
 */
export async function kubeconfigFile(
  connection: Connection,
  { lookMs = LOOK_MS } = {},
): Promise<KubeconfigFile> {
  const folder = await mkdtemp(join(tmpdir(), "playbook-kube-"));
  const sweeper = spawn("/bin/sh", ["-c", SWEEP, "sweeper", folder], {
    detached: true,
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "ignore"],
  });
  sweeper.on("error", () => {}).unref();
  sweeper.stdin.on("error", () => {});

  const tokenPath = join(folder, "token");
  let written: string | undefined;
  const renew = async () => {
    const { token = "" } = await connection.credential();
    if (token === written) return;
    // Whoever reads it meanwhile reads the old one or the new one, whole.
    await writeFile(`${tokenPath}.new`, token, { mode: 0o600 });
    await rename(`${tokenPath}.new`, tokenPath);
    written = token;
  };
  await renew();
  const path = join(folder, "config");
  const { certificate } = await connection.credential();
  const user = {
    ...(written && { tokenFile: tokenPath }),
    ...(certificate && {
      "client-certificate-data": base64(certificate.cert),
      "client-key-data": base64(certificate.key),
    }),
  };
  await writeFile(path, JSON.stringify(contentOf(connection, user)), { mode: 0o600 });

  // What fails here is tried again; the token that is there is good for a while.
  const timer = setInterval(() => renew().catch(() => {}), lookMs);
  timer.unref();
  return {
    path,
    folder,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await rm(folder, { recursive: true, force: true });
      sweeper.stdin.end("gone\n");
    },
  };
}

function contentOf(connection: Connection, user: object) {
  const { server, ca, tlsServerName, insecure, proxy, namespace } = connection;
  const name = "playbook";
  const cluster = {
    server,
    ...(ca && { "certificate-authority-data": base64(ca) }),
    ...(tlsServerName && { "tls-server-name": tlsServerName }),
    ...(insecure && { "insecure-skip-tls-verify": true }),
    ...(proxy && { "proxy-url": proxy }),
  };
  const context = { cluster: name, user: name, ...(namespace && { namespace }) };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context }],
    "current-context": name,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
