import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { table } from "@playbook/action";
import { temporaryFolder } from "@playbook/world";
import { tool } from "../../scripts/tools.ts";

const run = promisify(execFile);

/** What has to be installed to deploy Hyperlane's core: the official CLI, and a release of ours. */
export async function benchHyperlaneSize(library: string): Promise<string> {
  const program = await tool("hyperlane-cli");
  const cli = dirname(dirname(program));
  const rows = [
    ["`@hyperlane-xyz/cli`, as npm unpacks it", ...(await sizes({ folder: cli, paths: ["."] }))],
    ["of that, its bundle", ...(await sizes({ folder: cli, paths: ["bundle"] }))],
    ["a release of ours, all actions", ...(await sizes({ library, paths: [] }))],
    ["of that, the bundle", ...(await sizes({ library, paths: ["dist"] }))],
  ];
  return table(["", "files", "unpacked", "packed (tar, gzip)"], rows);
}

/** What each job downloads of a release, and how much of that is the bundle, as a table. */
export async function benchSize(library: string): Promise<string> {
  const rows = [
    ["what a job downloads", ...(await sizes({ library, paths: [] }))],
    ["of that, the bundle (`dist/`)", ...(await sizes({ library, paths: ["dist"] }))],
    ["of that, its JavaScript", ...(await sizes({ library, paths: [":(glob)dist/*.js"] }))],
  ];
  return table(["", "files", "unpacked", "packed (`git archive`, gzip)"], rows);
}

/** A release, or any folder; and the paths in it. */
type Sized = ({ library: string } | { folder: string }) & { paths: string[] };

/** Of an archive of it: files, unpacked, packed. */
async function sizes({ paths, ...of }: Sized): Promise<[number, string, string]> {
  await using folder = await temporaryFolder("size");
  const archive = join(folder.path, "archive.tar");
  const unpacked = join(folder.path, "unpacked");
  if ("library" in of) {
    const args = ["archive", "--output", archive, "HEAD", "--", ...paths];
    await run("git", args, { cwd: of.library });
  } else {
    await run("tar", ["--create", "--file", archive, "--directory", of.folder, ...paths]);
  }
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
