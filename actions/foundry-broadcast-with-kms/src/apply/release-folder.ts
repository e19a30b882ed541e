import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ChainDone, Plan } from "@playbook/evm";
import { getBlob } from "@playbook/evm";
import { canonical, type Digest, type Store } from "@playbook/state";
import type { StoredManifest } from "./manifest.ts";

type Contents = {
  plan: Plan;
  store: Store;
  stored: StoredManifest;
  addresses: unknown;
  transactions: unknown;
  done: Map<string, ChainDone>;
  summary: string;
};

/**
 * Writes what a release leaves behind into a folder: the manifest, addresses, transactions, forge's
 * own broadcast files and the files that the scripts wrote. Takes the latter over into the project
 * when that is here.
 */
export async function writeRelease(
  { release, project }: { release: string; project: string },
  { plan, store, stored, addresses, transactions, summary }: Contents,
): Promise<void> {
  const pretty = (value: unknown) => `${JSON.stringify(JSON.parse(canonical(value)), null, 2)}\n`;
  await put(join(release, "manifest.json"), pretty(stored.manifest));
  await put(join(release, "addresses.json"), pretty(addresses));
  await put(join(release, "transactions.json"), pretty(transactions));
  await put(join(release, "summary.md"), `${summary}\n`);

  const here = await stat(join(project, "foundry.toml")).catch(() => undefined);
  for (const { path, digest } of plan.files) {
    const bytes = await getBlob(store, digest as Digest);
    if (!bytes) continue;
    await put(join(release, "files", path), bytes);
    if (here) await put(join(project, path), bytes);
  }
}

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
