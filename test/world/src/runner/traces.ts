import { lstat, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { filesOf, linkFiles } from "./linked-copy.ts";
import type { Machine } from "./machine.ts";
import type { Results } from "./results.ts";
import { unzip } from "./zip.ts";

/** Bytes that a run left somewhere. */
export type Trace = { where: string; bytes: Buffer };

/** What a step was started with. */
export type StepEnvironment = { workspace: string; action: string; env: Record<string, string> };

/** Keeps what a job leaves behind, before the runner removes it. */
export async function keepLeft({ left }: Machine, job: string, workspace: string): Promise<void> {
  await linkFiles(dirname(workspace), join(left, job), isOfTheRun);
}

/** Copies of actions are the world's own, and hold what the world wrote into them. */
const isOfTheRun = (path: string) => !path.startsWith("act/actions/");

/**
 * Everything that a run wrote anywhere but into its log: files of its workspaces, homes and
 * temporary folders, what it wrote for the runner (outputs, environment, state, summary), its
 * artifacts and caches, unpacked. Not `.git` and `node_modules`.
 */
export async function tracesOf(
  { left, records, work }: Machine,
  results: Results,
  run: string,
): Promise<Trace[]> {
  const here = await readdir(work);
  const jobs = here.filter((name) => /^[0-9a-f]{16}$/.test(name));
  const found = await Promise.all([
    read("left", left),
    read("files of the runner", records, (path) => path.endsWith(".files")),
    // Of jobs that did not come to their end.
    ...jobs.map((name) => read("workspace", join(work, name), isOfTheRun)),
    artifactTraces(results, run),
    cacheTraces(results),
  ]);
  return found.flat();
}

export async function environmentsOf({ records }: Machine): Promise<StepEnvironment[]> {
  const names = (await readdir(records)).filter((name) => name.endsWith(".environ"));
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(records, name), "utf8");
      const pairs = text
        .split("\0")
        .filter(Boolean)
        .map((pair) => pair.split(/=(.*)/s));
      const env = Object.fromEntries(pairs.map(([key = "", value = ""]) => [key, value]));
      const { GITHUB_WORKSPACE: workspace = "", GITHUB_ACTION: action = "" } = env;
      return { workspace, action, env };
    }),
  );
}

async function read(
  what: string,
  folder: string,
  wanted: (path: string) => boolean = () => true,
): Promise<Trace[]> {
  const paths = (await filesOf(folder)).filter(wanted);
  const traces = paths.map(async (path) => {
    const whole = join(folder, path);
    const { isFile, bytes } = await lstat(whole)
      .then(async (stat) => ({
        isFile: stat.isFile(),
        bytes: stat.isFile() ? await readFile(whole) : null,
      }))
      .catch(() => ({ isFile: false, bytes: null }));
    return isFile && bytes ? [{ where: `${what}: ${path}`, bytes }] : [];
  });
  return (await Promise.all(traces)).flat();
}

async function artifactTraces(results: Results, run: string): Promise<Trace[]> {
  const traces = results.artifacts(run).map(async (artifact) => {
    const bytes = await results.read(artifact);
    const where = `artifact ${artifact.name}`;
    const files = bytes.subarray(0, 2).toString() === "PK" ? unzip(bytes) : [{ name: "", bytes }];
    return files.map((file) => ({ where: `${where}: ${file.name}`, bytes: file.bytes }));
  });
  return (await Promise.all(traces)).flat();
}

const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

async function cacheTraces(results: Results): Promise<Trace[]> {
  const caches = await results.caches();
  return caches.map((bytes) => ({
    where: "cache",
    bytes: bytes.subarray(0, 4).equals(ZSTD) ? zstdDecompressSync(bytes) : bytes,
  }));
}
