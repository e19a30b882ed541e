import { mkdir, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digestOf } from "@playbook/state";

/** The least and the most bytes of a chunk; most are small, as in a real build. */
const SMALLEST = 300;
const LARGEST = 120_000;

/** Files that each release has for itself, whatever has changed. */
const OWN = ["index.html", "favicon.ico", "robots.txt", "site.webmanifest"];

/** Makes a built site of so many files: chunks with hashes in their names, a page, a few others. */
export async function makeSite(folder: string, count: number): Promise<void> {
  await mkdir(join(folder, "assets"), { recursive: true });
  await Promise.all(OWN.map((name) => writeFile(join(folder, name), contentOf(name, 0))));
  for (let at = 0; at < count - OWN.length; at += 1) await writeChunk(folder, at, 0);
}

/** What a build does to a site after a small change: a page, and two chunks under other names. */
export async function changeThree(folder: string, version: number): Promise<void> {
  await writeFile(join(folder, "index.html"), contentOf("index.html", version));
  for (const at of [1, 2]) {
    const before = (await readdir(join(folder, "assets"))).find((name) =>
      name.startsWith(`chunk${at}-`),
    );
    if (before) await rm(join(folder, "assets", before));
    await writeChunk(folder, at, version);
  }
}

/** What a build on another machine does to all files: their times are new, their bytes are not. */
export async function touchAll(folder: string): Promise<void> {
  const now = new Date();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  await Promise.all(files.map(({ parentPath, name }) => utimes(join(parentPath, name), now, now)));
}

export async function bytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = files.map(
    async ({ parentPath, name }) => (await stat(join(parentPath, name))).size,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function writeChunk(folder: string, at: number, version: number): Promise<void> {
  const content = contentOf(`chunk${at}`, version);
  const hash = digestOf(content).slice(-8);
  await writeFile(join(folder, "assets", `chunk${at}-${hash}.js`), content);
}

/** Text that is the same for the same name and version, and of a size of its own. */
function contentOf(name: string, version: number): string {
  const seed = digestOf(`${name} ${version}`).slice("sha256:".length);
  if (name === "index.html") return `<!doctype html><html><head></head><body>${seed}</body></html>`;
  if (OWN.includes(name)) return seed.repeat(30);
  const part = Number.parseInt(seed.slice(0, 8), 16) / 2 ** 32;
  const size = Math.round(SMALLEST * (LARGEST / SMALLEST) ** part);
  return `// ${seed}\n`.repeat(Math.ceil(size / 68)).slice(0, size);
}
