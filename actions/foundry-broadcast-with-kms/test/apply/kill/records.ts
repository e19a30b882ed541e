import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { Aws, Chain } from "@playbook/world";

/** An object of the state: where it lies below it, and what it says. */
export type StoredObject = { key: string; value: Entry };

type Entry = {
  kind?: string;
  chain?: string;
  outcome?: string;
  transactions?: { raw: string }[];
};

/** All that a release has stored, as JSON; read past the library. */
export function objectsBelow(aws: Aws, state: string): Promise<StoredObject[]> {
  const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.+)$/.exec(state) ?? [];
  return bucket && prefix ? inBucket(aws, bucket, prefix) : inFolder(state);
}

async function inBucket(aws: Aws, Bucket: string, prefix: string): Promise<StoredObject[]> {
  const s3 = new S3Client(aws.clientConfig());
  try {
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: `${prefix}/` }),
    );
    const keys = Contents.map(({ Key = "" }) => Key).filter((key) => key.endsWith(".json"));
    const objects = keys.map(async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const text = (await Body?.transformToString()) ?? "null";
      return { key: Key.slice(prefix.length + 1), value: JSON.parse(text) as Entry };
    });
    return await Promise.all(objects);
  } finally {
    s3.destroy();
  }
}

async function inFolder(folder: string): Promise<StoredObject[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name));
  const objects = paths.map(async (path) => ({
    key: relative(folder, path),
    value: JSON.parse(await readFile(path, "utf8")) as Entry,
  }));
  return Promise.all(objects);
}

/**
 * What is wrong with the records of a release that is said to be complete: its history, the ledger
 * of each chain, and whether everything that was sent had been stored.
 */
export function recordFaults(objects: StoredObject[], chains: Chain[]): string[] {
  const of = (part: string) =>
    objects.filter(({ key }) => key.startsWith(part)).sort((a, b) => (a.key < b.key ? -1 : 1));
  const history = of("deployments/").map(({ value }) => value);
  const told = history.map(({ kind, chain }) => [kind, chain].filter(Boolean).join(" ")).sort();
  const wanted = ["planned", ...chains.map(({ name }) => `chain-done ${name}`), "finished"].sort();
  const faults = told.join() === wanted.join() ? [] : [`its history is: ${told}`];

  for (const { id, name, chaos } of chains) {
    const entries = of(`ledgers/${id}/`).map(({ value }) => value);
    const last = entries.at(-1);
    if (last?.kind !== "closed" || last.outcome !== "complete") {
      faults.push(`${name}: the ledger ends with ${last?.kind}`);
    }
    const stored = new Set(entries.flatMap((one) => one.transactions?.map(({ raw }) => raw) ?? []));
    const sent = chaos.calls("eth_sendRawTransaction").map(({ params }) => String(params[0]));
    const unknown = sent.filter((raw) => !stored.has(raw));
    if (unknown.length > 0) faults.push(`${name}: ${unknown.length} were sent and not stored`);
  }
  return faults;
}
