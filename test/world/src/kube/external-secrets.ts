import { createHash } from "node:crypto";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Aws } from "../aws/aws.ts";
import type { KubeApi } from "./api.ts";
import type { KubeObject } from "./object.ts";
import { Reconciler } from "./reconciler.ts";

const API = "/apis/external-secrets.io/v1";
const ROLE = "eks.amazonaws.com/role-arn";

/** How soon a secret that could not be had is asked for again. */
const AGAIN_MS = 1_000;

/** In the place of External Secrets: makes Secrets of what the account's Secrets Manager has. */
export function startExternalSecrets(api: KubeApi, aws: Aws): Disposable {
  const made = new DisposableStack();
  const timers = new Set<NodeJS.Timeout>();
  made.defer(() => timers.forEach(clearTimeout));
  const reconciler = made.use(
    new Reconciler(async (path) => {
      const nextMs = await reconcile(api, aws, path);
      if (nextMs === undefined) return;
      timers.add(setTimeout(() => reconciler.ask(path), nextMs).unref());
    }),
  );
  made.defer(
    api.watch(`${API}/externalsecrets`, {
      onSeen: ({ metadata: { namespace, name } }) =>
        reconciler.ask(`${API}/namespaces/${namespace}/externalsecrets/${name}`),
    }),
  );
  return made;
}

/** In how many milliseconds it is to be looked at again, if at all. */
async function reconcile(api: KubeApi, aws: Aws, path: string): Promise<number | undefined> {
  const external = await api.find(path);
  if (!external || external.metadata.deletionTimestamp) return undefined;
  const refreshMs = durationOf(external.spec.refreshInterval ?? "1h");
  const dueAt = Date.parse(external.status?.refreshTime ?? "") + refreshMs;
  const isSynced = external.status?.syncedResourceVersion === versionOf(external);
  if (isSynced && (refreshMs === 0 || Date.now() < dueAt)) return undefined;

  try {
    await write(api, external, await valuesOf(api, aws, external));
  } catch (error) {
    await tell(api, path, external, "SecretSyncedError", (error as Error).message);
    return AGAIN_MS;
  }
  await tell(api, path, external, "SecretSynced", "secret synced");
  return refreshMs || undefined;
}

function versionOf({ metadata }: KubeObject): string {
  const { generation, labels = {}, annotations = {} } = metadata;
  const text = JSON.stringify([labels, annotations]);
  return `${generation}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

async function tell(
  api: KubeApi,
  path: string,
  external: KubeObject,
  reason: "SecretSynced" | "SecretSyncedError",
  message: string,
): Promise<void> {
  const known = external.status?.conditions?.[0];
  if (known?.reason === reason && known.message === message && reason !== "SecretSynced") return;
  const now = new Date().toISOString();
  const status = reason === "SecretSynced" ? "True" : "False";
  const condition = { type: "Ready", status, reason, message, lastTransitionTime: now };
  const synced = { refreshTime: now, syncedResourceVersion: versionOf(external) };
  await api.patch(`${path}/status`, {
    status: { conditions: [condition], ...(status === "True" && synced) },
  });
}

type Values = Record<string, Buffer>;

async function valuesOf(api: KubeApi, aws: Aws, external: KubeObject): Promise<Values> {
  using client = await clientFor(api, aws, external);
  const values: Values = {};
  for (const { extract } of external.spec.dataFrom ?? []) {
    if (!extract) throw new Error("the world knows dataFrom with extract, and no other");
    const all = JSON.parse((await client.read(extract)).toString("utf8"));
    for (const [name, value] of Object.entries(all)) values[name] = Buffer.from(String(value));
  }
  for (const { secretKey, remoteRef } of external.spec.data ?? []) {
    values[secretKey] = propertyOf(await client.read(remoteRef), remoteRef);
  }
  return values;
}

type Reference = { key: string; property?: string; version?: string; decodingStrategy?: string };

function propertyOf(content: Buffer, { key, property, decodingStrategy }: Reference): Buffer {
  let value = content;
  if (property !== undefined) {
    const found = JSON.parse(content.toString("utf8"))[property];
    if (found === undefined) throw new Error(`key ${property} does not exist in secret ${key}`);
    value = Buffer.from(typeof found === "string" ? found : JSON.stringify(found));
  }
  return decodingStrategy === "Base64" ? Buffer.from(value.toString("utf8"), "base64") : value;
}

/** Asks as the role of the service account that the store names. */
async function clientFor(api: KubeApi, aws: Aws, { metadata, spec }: KubeObject) {
  const { kind = "SecretStore", name } = spec.secretStoreRef;
  const inNamespace = `namespaces/${metadata.namespace}`;
  if (kind !== "SecretStore") throw new Error(`the world has no ${kind}`);
  const store = await api.get(`${API}/${inNamespace}/secretstores/${name}`);
  const provider = store.spec.provider.aws;
  const account = provider?.auth?.jwt?.serviceAccountRef?.name;
  if (provider?.service !== "SecretsManager" || account === undefined || provider.role) {
    throw new Error(`the store ${name} has no service account for Secrets Manager`);
  }
  const found = await api.get(`/api/v1/${inNamespace}/serviceaccounts/${account}`);
  const role = found.metadata.annotations?.[ROLE] ?? "";
  const credentials = aws.openSession(role, { name: "external-secrets-provider-aws" });
  const client = new SecretsManagerClient({ ...aws.clientConfig(credentials), maxAttempts: 1 });
  return {
    read: async ({ key }: Reference): Promise<Buffer> => {
      const found = await client.send(new GetSecretValueCommand({ SecretId: key }));
      return Buffer.from(found.SecretBinary ?? found.SecretString ?? "");
    },
    [Symbol.dispose]: () => client.destroy(),
  };
}

/** The Secret is the external one's own, and goes with it. */
async function write(api: KubeApi, external: KubeObject, values: Values): Promise<void> {
  const { metadata, spec } = external;
  const { template = {}, immutable } = spec.target ?? {};
  const name = spec.target?.name ?? metadata.name;
  const owner = {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const data = Object.entries(values).map(([key, value]) => [key, value.toString("base64")]);
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: template.type ?? "Opaque",
    metadata: { ...template.metadata, name, ownerReferences: [owner] },
    data: Object.fromEntries(data),
    ...(immutable && { immutable }),
  };
  const path = `/api/v1/namespaces/${metadata.namespace}/secrets/${name}`;
  await api.apply(path, secret, "external-secrets");
}

/** Milliseconds of a duration as Go writes them, `1h0m0s`. */
function durationOf(text: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000 };
  const parts = [...text.matchAll(/([\d.]+)([hms])/g)];
  return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (units[unit] ?? 0), 0);
}
