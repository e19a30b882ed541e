import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cat } from "../manifest.ts";

const LINKS = /\/ipfs\/(\w+)/g;

/**
 * gnd reads builds from files alone. Copies one there, with what its manifest links to: each file
 * under its IPFS id, so that the links lead from one to the other. What IPFS does not give becomes
 * a folder: gnd fails to read it where graph-node would fail to load it.
 */
export async function copyBuild(hash: string, cat: Cat, folder: string): Promise<void> {
  const path = join(folder, hash);
  if ((await stat(path).catch(() => undefined))?.isFile()) return;
  await rm(path, { recursive: true, force: true });
  try {
    const manifest = await cat(hash);
    const linked = [...manifest.toString().matchAll(LINKS)].map(([, cid = ""]) => cid);
    const files = [...new Set(linked)].map(async (cid) => put(join(folder, cid), await cat(cid)));
    await Promise.all(files);
    await put(path, manifest);
  } catch {
    await mkdir(path);
  }
}

/** Whole or not at all, whoever reads meanwhile. */
async function put(path: string, content: Buffer): Promise<void> {
  const draft = `${path}.${process.hrtime.bigint()}`;
  await writeFile(draft, content);
  await rename(draft, path);
}
