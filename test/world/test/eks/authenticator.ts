import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { tool } from "../../../../scripts/tools.ts";
import type { AccessEntry } from "../../src/eks/eks.ts";
import type { User } from "../../src/kube/tokens.ts";
import { freePort, type Process, startProcess } from "../../src/process.ts";
import { startWalledNetwork } from "../../src/walled-network.ts";

export type Authenticator = AsyncDisposable & {
  userOf(token: string): Promise<User | undefined>;
  /** A token that its command line makes. */
  makeToken(cluster: string, environment: Record<string, string>): Promise<string>;
};

type Options = { dir: string; stsUrl: string; cluster: string; entries: AccessEntry[] };

/** aws-iam-authenticator itself, for which the world's STS is where AWS's is. */
export async function startAuthenticator(options: Options): Promise<Authenticator> {
  const { dir, stsUrl, cluster, entries } = options;
  const program = await tool("aws-iam-authenticator");
  await using cleanup = new AsyncDisposableStack();
  const network = cleanup.use(
    await startWalledNetwork({ dir, hosts: { "sts.us-east-1.amazonaws.com": stsUrl } }),
  );
  const { HTTPS_PROXY, NODE_EXTRA_CA_CERTS } = network.environment;
  const env = {
    HTTPS_PROXY,
    SSL_CERT_FILE: NODE_EXTRA_CA_CERTS,
    HOME: dir,
    AWS_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const port = await freePort();
  const config = join(dir, "authenticator.json");
  await writeFile(config, JSON.stringify(configuration(cluster, dir, port, entries)));
  const ca = () => readFile(join(dir, "cert.pem"), "utf8");
  cleanup.use(
    await startProcess({
      command: program,
      args: ["server", "-c", config],
      env,
      ready: async () => (await review(port, await ca(), "none")) === undefined,
    }),
  );
  const parts = cleanup.move();
  return {
    userOf: async (token) => review(port, await ca(), token),
    makeToken: async (name, environment) => {
      const made = await runToEnd(program, ["token", "-i", name], { ...env, ...environment });
      return JSON.parse(made).status.token;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function configuration(clusterID: string, dir: string, port: number, entries: AccessEntry[]) {
  const mapRoles = entries.map(({ principal, username, groups }) => ({
    roleARN: principal,
    username,
    groups,
  }));
  const kubeconfig = join(dir, "webhook.kubeconfig");
  return {
    clusterID,
    server: { port, stateDir: dir, generateKubeconfig: kubeconfig, mapRoles },
  };
}

async function review(port: number, ca: string, token: string): Promise<User | undefined> {
  const asked = request({
    host: "127.0.0.1",
    port,
    path: "/authenticate",
    method: "POST",
    ca,
    headers: { "content-type": "application/json" },
    agent: false,
  });
  asked.end(
    JSON.stringify({
      apiVersion: "authentication.k8s.io/v1beta1",
      kind: "TokenReview",
      spec: { token },
    }),
  );
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const { status } = JSON.parse(await text(response));
  if (!status.authenticated) return undefined;
  return { name: status.user.username, groups: status.user.groups ?? [] };
}

async function runToEnd(command: string, args: string[], env: Record<string, string>) {
  const process: Process = await startProcess({ command, args, env });
  await process.exited;
  return process.output();
}
