import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { table } from "@playbook/action";
import { temporaryFolder } from "@playbook/world";

const run = promisify(execFile);

/** What each job downloads of a release, and how much of that is the bundle, as a table. */
export async function benchSize(library: string): Promise<string> {
  const rows = [
    ["what a job downloads", ...(await sizes(library, []))],
    ["of that, the bundle (`dist/`)", ...(await sizes(library, ["dist"]))],
    ["of that, its JavaScript", ...(await sizes(library, [":(glob)dist/*.js"]))],
  ];
  return table(["", "files", "unpacked", "packed (`git archive`, gzip)"], rows);
}

/** Of a release's archive, or of the paths in it. */
async function sizes(library: string, paths: string[]): Promise<[number, string, string]> {
  await using folder = await temporaryFolder("size");
  const archive = join(folder.path, "archive.tar");
  const unpacked = join(folder.path, "unpacked");
  await run("git", ["archive", "--output", archive, "HEAD", "--", ...paths], { cwd: library });
  await mkdir(unpacked);
  await run("tar", ["--extract", "--file", archive, "--directory", unpacked]);

  const entries = await readdir(unpacked, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const bytes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  const total = bytes.reduce((sum, size) => sum + size, 0);
  return [files.length, kB(total), kB(gzipSync(await readFile(archive)).length)];
}

function kB(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}
