import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onPath, sourceOf } from "./programs.ts";
import { type Tool, tools } from "./tools/catalog.ts";

export { shell } from "./tools/shell.ts";

/** The clone's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where everything lives that is installed once for all clones. */
export const cache =
  process.env.PLAYBOOK_CACHE ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "playbook");

export type ToolName = keyof typeof tools;

export const toolNames = Object.keys(tools) as ToolName[];

const running = new Map<ToolName, Promise<string>>();

/**
 * The path of a tool's program, installed when it is not there yet, unless PLAYBOOK_INSTALL is
 * `never`. Two processes that install at once do not disturb each other: a tool appears whole or
 * not at all.
 */
export function tool(name: ToolName): Promise<string> {
  const known = running.get(name) ?? install(name);
  running.set(name, known);
  return known;
}

async function install(name: ToolName): Promise<string> {
  const { version, program, needs, instead = "", install } = tools[name] as Tool;
  const other = process.env[instead];
  if (other) return other;

  const home = join(cache, `${name}-${version}`);
  if (existsSync(join(home, ".complete"))) return join(home, program);
  if (process.env.PLAYBOOK_INSTALL === "never") throw missing(name, "it is not there");
  if (!onPath(needs)) throw missing(name, `there is no ${needs} on the PATH`);

  const started = Date.now();
  process.stderr.write(`playbook: installing ${name} ${version} (once, into ${cache})\n`);
  try {
    // Python's environments hold their own path, so they are built in place, behind a marker.
    await withLock(`${home}.lock`, async () => {
      if (existsSync(join(home, ".complete"))) return;
      await rm(home, { recursive: true, force: true });
      await mkdir(home, { recursive: true });
      await install(home, version);
      await writeFile(join(home, ".complete"), "");
    });
  } catch (error) {
    throw missing(name, `it could not be installed: ${(error as Error).message}`);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stderr.write(`playbook: ${name} ${version} is there (${seconds} s)\n`);
  return join(home, program);
}

function missing(name: ToolName, problem: string): Error {
  const { version, needs, without } = tools[name];
  return new Error(
    `${name} ${version} is missing: ${problem}\n` +
      `  why: it is installed with ${needs}\n` +
      `  next: ${sourceOf(needs)} and run this again; without ${name}, ${without}`,
  );
}

/** Runs `work` while no other process holds the lock. A holder that died leaves no lock behind. */
export async function withLock(path: string, work: () => Promise<void>): Promise<void> {
  await mkdir(cache, { recursive: true });
  for (;;) {
    const staged = await mkdtemp(join(cache, ".lock-"));
    await writeFile(join(staged, String(process.pid)), "");
    const won = await rename(staged, path).then(
      () => true,
      () => false,
    );
    if (won) break;
    await rm(staged, { recursive: true, force: true });
    await dropIfDead(path);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function dropIfDead(path: string): Promise<void> {
  const [pid] = await readdir(path).catch(() => []);
  if (!pid) return;
  try {
    process.kill(Number(pid), 0);
  } catch {
    await rm(path, { recursive: true, force: true });
  }
}

/** A Foundry program, from the workspace's npm packages. */
export function foundry(program: "forge" | "anvil" | "cast"): string {
  const arch = process.arch === "arm64" ? "arm64" : "amd64";
  const name = `@foundry-rs/${program}-${process.platform}-${arch}`;
  const outer = createRequire(import.meta.url).resolve(`@foundry-rs/${program}/package.json`);
  return join(dirname(createRequire(outer).resolve(`${name}/package.json`)), "bin", program);
}
