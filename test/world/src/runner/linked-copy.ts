import { copyFile, link, mkdir, readdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

/** The files below a folder, without `.git` and `node_modules`, as paths relative to it. */
export async function filesOf(folder: string, within = folder): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [relative(within, path)];
    return entry.name === ".git" || entry.name === "node_modules" ? [] : filesOf(path, within);
  });
  return (await Promise.all(found)).flat();
}

/** A copy that costs no room as long as nobody writes into its files. */
export async function linkFiles(
  from: string,
  to: string,
  wanted: (path: string) => boolean = () => true,
): Promise<void> {
  const paths = (await filesOf(from)).filter(wanted);
  for (const folder of new Set(paths.map((path) => dirname(join(to, path))))) {
    await mkdir(folder, { recursive: true });
  }
  await Promise.all(paths.map((path) => linkFile(join(from, path), join(to, path))));
}

async function linkFile(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EXDEV") throw error;
    return copyFile(from, to);
  });
}
