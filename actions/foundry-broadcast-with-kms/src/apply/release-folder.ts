import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Context } from "@playbook/action";
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
import type { RpcUrl } from "../inputs.ts";
import { type Outcome, writeRecords } from "../record.ts";
import { urlsOf } from "./chain.ts";
import type { StoredManifest } from "./manifest.ts";
import type { DonePart } from "./parts.ts";

type Contents = {
  /** The parts of the release so far; of a whole one that alone. */
  parts: DonePart[];
  store: Store;
  stored: StoredManifest;
  addresses: unknown;
  transactions: unknown;
  summary: string;
};

type Place = {
  /** The folder for it all. */
  release: string;
  /** Foundry project to take the scripts' files over into, when there is one. */
  project: string;
  rpcUrls: RpcUrl[];
};

/**
 * Writes what a release leaves behind into a folder, in place of what was there: the plan, the manifest,
 * addresses, transactions, forge's own broadcast files and the files that the scripts wrote. Takes the
 * latter two over into the project when that is here. A part of a release has all of the parts before.
 */
export async function writeRelease(
  { release, project, rpcUrls }: Place,
  contents: Contents,
  context: Context,
): Promise<void> {
  const { parts, store, stored, addresses, transactions, summary } = contents;
  const { plan } = parts.at(-1) as DonePart;
  await rm(release, { recursive: true, force: true });
  await put(join(release, "manifest.json"), pretty(stored.manifest));
  await put(join(release, "addresses.json"), pretty(addresses));
  await put(join(release, "transactions.json"), pretty(transactions));
  await put(join(release, "summary.md"), `${summary}\n`);

  const here = await stat(join(project, "foundry.toml")).catch(() => undefined);
  const folders = here ? [release, project] : [release];
  for (const { path, digest } of plan.files) {
    const bytes = await getBlob(store, digest as Digest);
    if (!bytes) continue;
    await put(join(release, "files", path), bytes);
    if (here) await put(join(project, path), bytes);
  }
  for (const part of parts) await writeBroadcast(folders, rpcUrls, { ...part, store }, context);
  // Last: the next part's plan goes on from a folder that has it.
  await put(join(release, "plan.json"), planText(plan));
}

/** forge's `broadcast/` with the hashes and receipts of what was sent. */
async function writeBroadcast(
  folders: string[],
  rpcUrls: RpcUrl[],
  { plan, done, store }: DonePart & Pick<Contents, "store">,
  context: Context,
): Promise<void> {
  const text = plan.records && (await getBlob(store, plan.records as Digest));
  if (!text) return;
  try {
    const outcomes = await outcomesOf(plan, done, rpcUrls, context);
    const told = { commit: plan.commit, timestamp: context.clock.now() };
    for (const folder of folders) {
      await writeRecords(Buffer.from(text).toString(), folder, outcomes, told);
    }
  } catch (error) {
    if (!(error instanceof RpcUnreachable)) throw error;
    context.warn(`forge's broadcast files are not written: ${error.message}`);
  }
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
