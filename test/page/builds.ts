import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { shell } from "../../scripts/tools.ts";
import { digestOf, installProduct, once } from "../products/install.ts";

/** What a team's build made, and its files by the paths of their addresses. */
export type Build = { folder: string; files: ReadonlyMap<string, Buffer> };

const SOURCES = /\.(jsx?|css|html|json|svg)$/;

/** What the second version changes: every part of the page, so that none is the first one's. */
const CHANGES: [file: string, before: string, after: string][] = [
  ["src/App.jsx", "<strong>Nexus", "<strong>Nexus 2"],
  ["src/pages/Transfers.jsx", "<h2>\n        Transfers", "<h2>\n        Transfers 2"],
  ["src/pages/Transfers.jsx", "configured here.", "configured here, says version 2."],
  ["src/pages/Send.jsx", "Send <small>", "Send 2 <small>"],
  ["src/style.css", "#2442d4", "#0b7a3e"],
  ["public/favicon.svg", "<svg", '<svg data-version="2"'],
];

/** The product's page as its team builds it, in two versions. The folders are the cache's. */
export async function buildTwice(): Promise<{ one: Build; two: Build }> {
  const key = await digestOf("app", SOURCES, [JSON.stringify(CHANGES)]);
  const folder = await once(`page-builds-${key}`, async (staged) => {
    const product = await installProduct("app", join(staged, "app"));
    await build(product, join(staged, "one"), "1.0.0");
    await change(product);
    await build(product, join(staged, "two"), "2.0.0");
    await rm(product, { recursive: true });
  });
  const [one, two] = await Promise.all(["one", "two"].map((name) => read(join(folder, name))));
  return { one, two } as { one: Build; two: Build };
}

async function change(product: string): Promise<void> {
  for (const [file, before, after] of CHANGES) {
    const path = join(product, file);
    const text = await readFile(path, "utf8");
    if (!text.includes(before)) throw new Error(`${file} has no ${before} any more`);
    await writeFile(path, text.replace(before, after));
  }
}

async function build(product: string, folder: string, version: string): Promise<void> {
  const vite = join(product, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--outDir", folder, "--emptyOutDir", "--logLevel=error"];
  await shell(process.execPath, args, { npm_package_version: version, NODE_ENV: "" }, product);
}

async function read(folder: string): Promise<Build> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  const pairs = paths.map(async (path) => {
    return [`/${relative(folder, path)}`, await readFile(path)] as const;
  });
  return { folder, files: new Map(await Promise.all(pairs)) };
}
