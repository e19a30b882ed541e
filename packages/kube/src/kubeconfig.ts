import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ActionError, type Clock, reason } from "@playbook/action";
import { parse } from "yaml";
import { z } from "zod";
import type { Connection, Credential } from "./connection.ts";
import { type Plugin, pluginCredentials } from "./plugin.ts";

const text = z.string().optional();

const cluster = z.looseObject({
  server: z.url(),
  "certificate-authority": text,
  "certificate-authority-data": text,
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": text,
  "proxy-url": text,
});

const exec = z.looseObject({
  apiVersion: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().optional(),
});

const user = z.looseObject({
  token: text,
  tokenFile: text,
  "client-certificate": text,
  "client-certificate-data": text,
  "client-key": text,
  "client-key-data": text,
  exec: exec.nullish(),
  "auth-provider": z.unknown().optional(),
});

const context = z.looseObject({ cluster: z.string(), user: z.string(), namespace: text });

const named = <Key extends string, Value extends z.ZodType>(key: Key, value: Value) =>
  z.array(
    z.looseObject({ name: z.string(), [key]: value } as { name: z.ZodString } & Record<Key, Value>),
  );

const file = z.looseObject({
  clusters: named("cluster", cluster),
  users: named("user", user),
  contexts: named("context", context),
  "current-context": text,
});

type User = z.output<typeof user>;

export type KubeconfigInputs = {
  path: string;
  /** The file's current one when absent. */
  context?: string | undefined;
  clock: Clock;
  /** What plugins get to see of the environment. */
  env: Record<string, string | undefined>;
};

/**
 * The way into a cluster that a kubeconfig file describes: tokens, files of tokens, certificates
 * and plugins (`exec`). Throws `bad-kubeconfig`.
 */
export async function connectByFile(inputs: KubeconfigInputs): Promise<Connection> {
  const { path } = inputs;
  const config = await read(path);
  const wanted = inputs.context ?? config["current-context"] ?? "";
  const chosen = config.contexts.find(({ name }) => name === wanted)?.context;
  if (!chosen) throw bad(path, `It has no context "${wanted}".`);
  const found = config.clusters.find(({ name }) => name === chosen.cluster)?.cluster;
  const who = config.users.find(({ name }) => name === chosen.user)?.user;
  if (!found || !who) throw bad(path, `Context "${wanted}" names a cluster or user it lacks.`);

  const at = (name: string) => resolve(dirname(path), name);
  const ca = await dataOrFile(found, "certificate-authority", at);
  const server = found.server.replace(/\/$/, "");
  return {
    cluster: chosen.cluster,
    server,
    ...(ca && { ca }),
    ...(found["tls-server-name"] && { tlsServerName: found["tls-server-name"] }),
    ...(found["insecure-skip-tls-verify"] && { insecure: true }),
    ...(found["proxy-url"] && { proxy: found["proxy-url"] }),
    ...(chosen.namespace && { namespace: chosen.namespace }),
    unknownRemedy: `Sign in again as user "${chosen.user}" of ${path}.`,
    ...(await credentialsOf(who, { inputs, at, server, ca })),
  };
}

/** Where a terminal's kubeconfig is. */
export function defaultPath(env: Record<string, string | undefined>): string {
  const [first] = (env.KUBECONFIG ?? "").split(":").filter(Boolean);
  return first ?? join(env.HOME ?? "/", ".kube", "config");
}

type Surroundings = {
  inputs: KubeconfigInputs;
  at: (name: string) => string;
  server: string;
  ca: string | undefined;
};

async function credentialsOf(
  who: User,
  { inputs, at, server, ca }: Surroundings,
): Promise<Pick<Connection, "credential" | "renew">> {
  const { tokenFile } = who;
  if (who.exec) {
    const cluster = { server, ...(ca && { ca }) };
    return pluginCredentials(who.exec satisfies Plugin, { ...inputs, at, cluster });
  }
  if (who["auth-provider"]) {
    throw bad(inputs.path, "It uses `auth-provider`, which kubectl has given up: use `exec`.");
  }
  const cert = await dataOrFile(who, "client-certificate", at);
  const key = await dataOrFile(who, "client-key", at);
  const certificate: Credential = cert && key ? { certificate: { cert, key } } : {};
  const token = async () =>
    tokenFile ? (await readFile(at(tokenFile), "utf8")).trim() : who.token;
  return {
    credential: async () => {
      const current = await token();
      return { ...certificate, ...(current && { token: current }) };
    },
    renew: () => {},
  };
}

async function dataOrFile<Name extends string>(
  from: Partial<Record<Name | `${Name}-data`, unknown>>,
  name: Name,
  at: (name: string) => string,
): Promise<string | undefined> {
  const data = from[`${name}-data`];
  if (data) return Buffer.from(String(data), "base64").toString();
  return from[name] ? readFile(at(String(from[name])), "utf8") : undefined;
}

async function read(path: string): Promise<z.output<typeof file>> {
  const content = await readFile(path, "utf8").catch((error) => {
    throw bad(path, reason(error), error);
  });
  let data: unknown;
  try {
    data = parse(content);
  } catch {
    // The parser quotes lines, and a line can hold a token.
    throw bad(path, "It is no YAML.");
  }
  const parsed = file.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw bad(path, `${issue?.path.join(".")}: ${issue?.message}`);
}

function bad(path: string, why: string, cause?: unknown): ActionError {
  return new ActionError(
    "bad-kubeconfig",
    {
      what: `${path} is no kubeconfig file to work with.`,
      why,
      next: "Name another with `kubeconfig`, or another context of it.",
    },
    { cause },
  );
}
