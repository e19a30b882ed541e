import { ActionError, type Clock } from "@playbook/action";
import { runChild } from "@playbook/child";
import { z } from "zod";
import type { Connection, Credential } from "./connection.ts";

/** A program that makes credentials, as a kubeconfig describes it under `exec`. */
export type Plugin = {
  apiVersion: string;
  command: string;
  args?: string[] | null | undefined;
  env?: { name: string; value: string }[] | null | undefined;
  provideClusterInfo?: boolean | undefined;
};

type Surroundings = {
  clock: Clock;
  env: Record<string, string | undefined>;
  /** A path beside the kubeconfig file. */
  at: (name: string) => string;
  cluster: { server: string; ca?: string };
};

const answer = z.object({
  status: z.object({
    expirationTimestamp: z.string().optional(),
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

/** What is about to end is not used: a request may take so long. */
const MARGIN_MS = 60_000;

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export function pluginCredentials(
  plugin: Plugin,
  surroundings: Surroundings,
): Pick<Connection, "credential" | "renew"> {
  const { clock } = surroundings;
  let known: { credential: Credential; end: number } | undefined;
  let asking: Promise<Credential> | undefined;

  const ask = async () => {
    const { status } = await run(plugin, surroundings);
    const { expirationTimestamp, token, clientCertificateData: cert, clientKeyData: key } = status;
    const credential = {
      ...(token && { token }),
      ...(cert && key && { certificate: { cert, key } }),
    };
    const end = expirationTimestamp ? Date.parse(expirationTimestamp) : Number.POSITIVE_INFINITY;
    known = { credential, end };
    return credential;
  };
  return {
    credential: async () => {
      if (known && clock.now() < known.end - MARGIN_MS) return known.credential;
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    renew: (refused) => {
      if (known?.credential === refused) known = undefined;
    },
  };
}

async function run(plugin: Plugin, { env, at, cluster }: Surroundings) {
  const { apiVersion, command, args, provideClusterInfo } = plugin;
  // A path is meant to be beside the file; a bare name is looked for in PATH.
  const program = command.includes("/") ? at(command) : command;
  const own = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
  const ca = cluster.ca && Buffer.from(cluster.ca).toString("base64");
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: {
      interactive: false,
      ...(provideClusterInfo && {
        cluster: { server: cluster.server, ...(ca && { "certificate-authority-data": ca }) },
      }),
    },
  };
  const ended = await runChild(program, args ?? [], {
    env: { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
  }).catch((error) => {
    throw failed(command, `It cannot be started: ${error.code ?? error.message}.`);
  });
  // What it wrote to its output may be a token; what it complains of is for people.
  if (ended.code !== 0)
    throw failed(command, ended.stderr.trim() || `It ended with ${ended.code}.`);
  const parsed = answer.safeParse(json(ended.stdout));
  if (!parsed.success) throw failed(command, "Its answer is no ExecCredential.");
  return parsed.data;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(command: string, why: string): ActionError {
  return new ActionError("plugin-failed", {
    what: `${command}, which the kubeconfig names for credentials, gives none.`,
    why,
    next: "Run it by hand and sign in, or use another context.",
  });
}
