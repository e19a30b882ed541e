// Builds the one bundle of all JavaScript actions: `build [folder]`, into dist/ unless told
// otherwise.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { minify } from "@swc/core";
import { root } from "./tools.ts";

type Asset = { source: string | Buffer; permissions?: number };
type Bundle = { code: string; assets: Record<string, Asset> };
type Ncc = (entry: string, options: Record<string, unknown>) => Promise<Bundle>;

export type BuiltFile = { path: string; bytes: Buffer };

/**
 * The files of dist/, sorted by path. The same sources give the same bytes wherever the clone lies.
 * ncc keeps each action's dynamic import as a chunk and shares what they have in common.
 */
export async function bundle(): Promise<BuiltFile[]> {
  const ncc: Ncc = createRequire(import.meta.url)("@vercel/ncc");
  const { code, assets } = await ncc(join(root, "scripts", "bundle", "entry.ts"), {
    cache: false,
    esm: true,
    license: "licenses.txt",
    quiet: true,
    // `npm run check` looks at the types.
    transpileOnly: true,
  });
  // Programs for one kind of machine; who brings them does without on any other.
  const portable = Object.entries(assets).filter(([path]) => !path.endsWith(".node"));
  const files = portable.map(([path, { source }]) => ({ path, source }));
  const all = [{ path: "index.js", source: code as string | Buffer }, ...files];
  const built = await Promise.all(all.map(finish));
  return built.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** ncc minifies the entry only, and the chunks are what is big. */
async function finish({ path, source }: { path: string; source: string | Buffer }) {
  const text = source.toString();
  if (text.includes(root)) throw new Error(`dist/${path} holds this clone's path.`);
  if (!path.endsWith(".js")) return { path, bytes: Buffer.from(source) };

  const { code } = await minify(text, {
    module: true,
    compress: true,
    // Not `keep_classnames`: swc 1.16 then breaks classes whose static fields are instances of
    // them.
    mangle: true,
    format: { comments: false },
  });
  return { path, bytes: Buffer.from(code) };
}

/** Writes a bundle into a folder, in place of whatever was there. */
export async function writeBundle(files: BuiltFile[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const { path, bytes } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(root, "dist"));
  const started = Date.now();
  const files = await bundle();
  await writeBundle(files, folder);

  for (const { path, bytes } of files) {
    process.stdout.write(`${String(bytes.length).padStart(9)}  ${path}\n`);
  }
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(`built in ${seconds} s into ${folder}\n`);
}
