import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Context } from "@playbook/action";
import type { RpcUrl } from "@playbook/broadcast";
import { urlsOf } from "@playbook/broadcast";
import {
  type ChainDone,
  Endpoint,
  getBlob,
  type Plan,
  planText,
  Rpc,
  RpcUnreachable,
} from "@playbook/evm";
import { canonical, type Digest, type Store } from "@playbook/state";
import { type Outcome, writeRecords } from "../record.ts";
import type { StoredManifest } from "./manifest.ts";
import type { DonePart } from "./parts.ts";

/** What a release's folder is made of that lies elsewhere: in the store, and on the chains. */
export type Gathered = {
  /** Files that the scripts wrote. */
  files: { path: string; bytes: Uint8Array }[];
  /** forge's recordings, and what became of their transactions. */
  records: { plan: Plan; text: string; outcomes: Map<string, Outcome> }[];
};

/** What a release leaves behind; `parts` are those so far, of a whole one that alone. */
type Contents = Gathered & {
  plan: Plan;
  stored: StoredManifest;
  addresses: unknown;
  transactions: unknown;
  summary: string;
};

/** Where it is put: a folder, and the Foundry project when that is here. */
type Place = { release: string; project: string };

/**
 * Fetches what the folder of a release is made of: all parts' recordings, the last part's files.
 */
export async function gather(
  parts: DonePart[],
  { store, rpcUrls, context }: { store: Store; rpcUrls: RpcUrl[]; context: Context },
): Promise<Gathered> {
  const { plan } = parts.at(-1) as DonePart;
  const [files, records] = await Promise.all([
    Promise.all(
      plan.files.map(async ({ path, digest }) => {
        const bytes = await getBlob(store, digest as Digest);
        return bytes ? [{ path, bytes }] : [];
      }),
    ),
    Promise.all(parts.map((part) => recordsOf(part, store, rpcUrls, context))),
  ]);
  return { files: files.flat(), records: records.flat() };
}

/** The recordings of a part with the hashes and receipts of what was sent. */
async function recordsOf(
  { plan, done }: DonePart,
  store: Store,
  rpcUrls: RpcUrl[],
  context: Context,
): Promise<Gathered["records"]> {
  if (!plan.records) return [];
  try {
    const [text, outcomes] = await Promise.all([
      getBlob(store, plan.records as Digest),
      outcomesOf(plan, done, rpcUrls, context),
    ]);
    return text ? [{ plan, text: Buffer.from(text).toString(), outcomes }] : [];
  } catch (error) {
    if (!(error instanceof RpcUnreachable)) throw error;
    context.warn(`forge's broadcast files are not written: ${error.message}`);
    return [];
  }
}

/**
 * Writes what a release leaves behind into a folder, in place of what was there: the plan, the
 * manifest, addresses, transactions, forge's own broadcast files and the files that the scripts
 * wrote. Takes the latter two over into the project when that is here. A part of a release has all
 * of the parts before.
 */
export async function writeRelease(
  { release, project }: Place,
  contents: Contents,
  { clock }: Context,
): Promise<void> {
  const { plan, files, records, stored, addresses, transactions, summary } = contents;
  await rm(release, { recursive: true, force: true });
  await put(join(release, "manifest.json"), pretty(stored.manifest));
  await put(join(release, "addresses.json"), pretty(addresses));
  await put(join(release, "transactions.json"), pretty(transactions));
  await put(join(release, "summary.md"), `${summary}\n`);

  const here = await stat(join(project, "foundry.toml")).catch(() => undefined);
  const folders = here ? [release, project] : [release];
  for (const { path, bytes } of files) {
    await put(join(release, "files", path), bytes);
    if (here) await put(join(project, path), bytes);
  }
  for (const { plan: part, text, outcomes } of records) {
    const told = { commit: part.commit, timestamp: clock.now() };
    for (const folder of folders) await writeRecords(text, folder, outcomes, told);
  }
  // Last: the next part's plan goes on from a folder that has it.
  await put(join(release, "plan.json"), planText(plan));
}

async function outcomesOf(
  plan: Plan,
  done: Map<string, ChainDone>,
  rpcUrls: RpcUrl[],
  { signal }: Context,
): Promise<Map<string, Outcome>> {
  const chains = plan.chains.map(async (planned) => {
    const endpoint = new Endpoint(new Rpc(urlsOf({ rpcUrls, planned }), { signal }));
    const results = done.get(planned.name)?.results ?? [];
    const receipts = await endpoint.rawReceipts(results.map(({ hash }) => hash));
    return results.flatMap(({ step, hash }) => {
      const receipt = receipts.get(hash);
      return receipt ? [[step, { hash, receipt }] as const] : [];
    });
  });
  return new Map((await Promise.all(chains)).flat());
}

function pretty(value: unknown): string {
  return `${JSON.stringify(JSON.parse(canonical(value)), null, 2)}\n`;
}

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
