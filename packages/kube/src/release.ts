import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { ActionError, type Context } from "@playbook/action";
import type { KubeClient } from "./client.ts";
import type { Release } from "./helm.ts";
import type { Driver } from "./helm-home.ts";
import { configMaps, type Keeper, type Resource, secrets } from "./objects.ts";
import { until } from "./until.ts";

/** A revision of a release as Helm stores it. */
export type Revision = {
  driver: Driver;
  revision: number;
  /** Helm's word: `deployed`, `superseded`, `failed`, `pending-upgrade`, … */
  status: string;
  labels: Record<string, string>;
  /** Milliseconds since the epoch. */
  begunAt: number;
  record: Keeper;
};

const KEEPERS: Record<Driver, Resource<Keeper>> = { secret: secrets, configmap: configMaps };

/**
 * Finds a release in either of Helm's stores: its revisions, the latest last; none when it is not
 * there. With a `driver` it looks in that alone, for a role without rights on the other.
 *
 * Throws `release-twice` when both stores have one of this name.
 */
export async function findRelease(
  client: KubeClient,
  { name, namespace }: Release,
  drivers: readonly Driver[] = ["secret", "configmap"],
): Promise<Revision[]> {
  const labels = `owner=helm,name=${name}`;
  const found = await Promise.all(
    drivers.map(async (driver) => {
      const records = await client.list(KEEPERS[driver], { namespace, labels });
      return records.map((record) => revisionOf(driver, record));
    }),
  );
  const there = found.filter((revisions) => revisions.length > 0);
  if (there.length > 1) throw twice(name, namespace);
  return (there[0] ?? []).sort((a, b) => a.revision - b.revision);
}

function revisionOf(driver: Driver, record: Keeper): Revision {
  const { labels = {}, creationTimestamp } = record.metadata;
  return {
    driver,
    record,
    labels,
    revision: Number(labels.version),
    status: labels.status ?? "unknown",
    begunAt: Date.parse(creationTimestamp),
  };
}

/** What Helm calls an operation in progress, whether its process lives or not. */
export function isPending({ status }: Pick<Revision, "status">): boolean {
  return status.startsWith("pending-");
}

/** The latest revision that Helm finished, to go back to. */
export function lastGood(revisions: readonly Revision[]): Revision | undefined {
  const done = ({ status }: Revision) => status === "deployed" || status === "superseded";
  const deployed = revisions.findLast(({ status }) => status === "deployed");
  return deployed ?? revisions.findLast(done);
}

export type Mending = {
  release: Release;
  drivers?: readonly Driver[];
  /** A Helm that began this long ago and is not done is taken for dead. */
  deadAfterMs?: number;
  context: Context;
};

/** Without `--wait` Helm needs seconds; its hooks have five minutes by default. */
const DEAD_AFTER_MS = 6 * 60_000;

const DESCRIPTION = "Helm ended before it was done; marked by playbook.";

/**
 * Mends a release on which Helm refuses to work because another operation is "in progress", after
 * that operation's process is dead: its revision is marked as failed. Nothing of what it deployed
 * is touched: the next upgrade or rollback starts from what is there. Resolves with the revision
 * that was mended, undefined when none had to be.
 *
 * Waits as long as that process may still live. Throws `kube-conflict` when it does.
 */
export async function mendRelease(
  client: KubeClient,
  { release, drivers, deadAfterMs = DEAD_AFTER_MS, context }: Mending,
): Promise<Revision | undefined> {
  const { clock } = context;
  const latest = async () => (await findRelease(client, release, drivers)).at(-1);
  const end = (pending: Revision) => pending.begunAt + deadAfterMs;
  const first = await latest();
  if (!first || !isPending(first)) return undefined;

  const stuck = await until(
    latest,
    (seen) => !seen || !isPending(seen) || clock.now() >= end(seen),
    {
      what: `revision ${first.revision} of ${release.name} is done, or its Helm dead`,
      deadlineMs: 2 * deadAfterMs,
      context,
      onLook: () =>
        context.progress(`waiting whether the Helm that is at ${release.name} still lives`),
    },
  );
  if (!stuck || !isPending(stuck)) return undefined;
  await markFailed(client, stuck);
  return stuck;
}

/** Only as it was read: a Helm that lives and writes meanwhile wins. */
async function markFailed(client: KubeClient, { driver, record }: Revision): Promise<void> {
  const { name, namespace = "default", labels = {} } = record.metadata;
  const content = await decode(driver, record.data?.release ?? "");
  const info = { ...(content.info as object), status: "failed", description: DESCRIPTION };
  const changed: Keeper = {
    ...record,
    metadata: { ...record.metadata, labels: { ...labels, status: "failed" } },
    data: { ...record.data, release: await encode(driver, { ...content, info }) },
  };
  await client.replace({ resource: KEEPERS[driver], name, namespace }, changed);
}

/** The values that a record in a ConfigMap says its revision was made with. */
export async function valuesIn({ data }: Keeper): Promise<Record<string, unknown>> {
  const { config } = await decode("configmap", data?.release ?? "");
  return (config ?? {}) as Record<string, unknown>;
}

/** Helm's form: JSON, gzipped, in base64; a Secret's data are in base64 once more. */
export async function decode(driver: Driver, text: string): Promise<Record<string, unknown>> {
  const inner = driver === "secret" ? Buffer.from(text, "base64").toString() : text;
  const json = await promisify(gunzip)(Buffer.from(inner, "base64"));
  return JSON.parse(json.toString()) as Record<string, unknown>;
}

export async function encode(driver: Driver, content: object): Promise<string> {
  const inner = (await promisify(gzip)(JSON.stringify(content))).toString("base64");
  return driver === "secret" ? Buffer.from(inner).toString("base64") : inner;
}

function twice(name: string, namespace: string): ActionError {
  return new ActionError("release-twice", {
    what: `There are two releases "${name}" in ${namespace}.`,
    why: "Helm's Secrets have one and its ConfigMaps another; which one is meant is not known.",
    next: "Remove the records of the one that is not used (label owner=helm), or name the store.",
  });
}
