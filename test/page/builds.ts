import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { shell } from "../../scripts/tools.ts";
import { installProduct } from "../products/install.ts";

/** What a team's build made, and its files by the paths of their addresses. */
export type Build = { folder: string; files: ReadonlyMap<string, Buffer> };

/** What the second version changes: every part of the page, so that none is the first one's. */
const CHANGES: [file: string, before: string, after: string][] = [
  ["src/App.jsx", "<strong>Nexus", "<strong>Nexus 2"],
  ["src/pages/Transfers.jsx", "<h2>\n        Transfers", "<h2>\n        Transfers 2"],
  ["src/pages/Transfers.jsx", "configured here.", "configured here, says version 2."],
  ["src/pages/Send.jsx", "Send <small>", "Send 2 <small>"],
  ["src/style.css", "#2442d4", "#0b7a3e"],
  ["public/favicon.svg", "<svg", '<svg data-version="2"'],
];

/** Builds the product's page as its team does, in two versions, below `dir`. */
export async function buildTwice(dir: string): Promise<{ one: Build; two: Build }> {
  const product = await installProduct("app", join(dir, "app"));
  const one = await build(product, join(dir, "one"), "1.0.0");
  for (const [file, before, after] of CHANGES) {
    const path = join(product, file);
    const text = await readFile(path, "utf8");
    if (!text.includes(before)) throw new Error(`${file} has no ${before} any more`);
    await writeFile(path, text.replace(before, after));
  }
  return { one, two: await build(product, join(dir, "two"), "2.0.0") };
}

async function build(product: string, folder: string, version: string): Promise<Build> {
  const vite = join(product, "node_modules/vite/bin/vite.js");
  const args = [vite, "build", "--outDir", folder, "--emptyOutDir", "--logLevel=error"];
  await shell(process.execPath, args, { npm_package_version: version, NODE_ENV: "" }, product);
  return { folder, files: await filesOf(folder) };
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((it) => it.isFile()).map((it) => join(it.parentPath, it.name));
  const pairs = paths.map(async (path) => {
    return [`/${relative(folder, path)}`, await readFile(path)] as const;
  });
  return new Map(await Promise.all(pairs));
}
