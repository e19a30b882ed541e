import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { ActionError, type Context, reason } from "@playbook/action";
import { type Environment, runChild } from "./child.ts";
import { npmEnvironment } from "./environment.ts";
import { hideUrls } from "./host.ts";

/** The programs of Foundry that planning needs, by their paths. */
export type Toolchain = { forge: string; anvil: string; version: string };

type Program = "forge" | "anvil";

const PINNED = "1.7.1";

/** What npm's registry publishes of the pinned version, by the tarballs' digests (SRI). */
const TARBALLS: Record<string, Record<Program, string>> = {
  "linux-x64": {
    forge:
      "sha512-/HQddyTanVOJKgvilmZrf8VOf7mhvwrWb59W73w5W5flX7b6zNh9CR6hKZzJwiRRi5Sxk/JOFEYIeKsQx7Teqg==",
    anvil:
      "sha512-+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
  },
};

/**
 * forge and anvil: those on the PATH when both are of a version that is known to work, else the
 * pinned ones, installed once. Throws `no-foundry`.
 */
export async function findToolchain(context: Context, env: Environment): Promise<Toolchain> {
  const [forge, anvil] = await Promise.all([onPath("forge", env), onPath("anvil", env)]);
  if (forge && anvil) return { forge: forge.path, anvil: anvil.path, version: forge.version };

  const machine = `${process.platform}-${process.arch}`;
  const tarballs = TARBALLS[machine];
  if (!tarballs) throw noFoundry(`There is no pinned one for ${machine} to install.`);

  const [ownForge, ownAnvil] = await Promise.all([
    installed("forge", tarballs.forge, context, env),
    installed("anvil", tarballs.anvil, context, env),
  ]);
  return { forge: ownForge, anvil: ownAnvil, version: PINNED };
}

async function onPath(
  program: Program,
  env: Environment,
): Promise<{ path: string; version: string } | undefined> {
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  const path = folders.map((folder) => join(folder, program)).find(existsSync);
  if (!path) return undefined;

  const said = await runChild(path, ["--version"], { env: npmEnvironment(env) }).catch(() => null);
  const version = said?.code === 0 ? versionIn(said.stdout) : undefined;
  return version && suits(version) ? { path, version } : undefined;
}

/** `1.7.1` of `forge Version: 1.7.1-stable`. */
export function versionIn(text: string): string | undefined {
  return /(\d+\.\d+\.\d+)/.exec(text)?.[1];
}

/** Within a major version Foundry's files only gain fields; older minors lack what is used here. */
export function suits(version: string): boolean {
  const [major, minor] = version.split(".").map(Number);
  const [pinnedMajor, pinnedMinor] = PINNED.split(".").map(Number);
  return major === pinnedMajor && (minor ?? 0) >= (pinnedMinor ?? 0);
}

async function installed(
  program: Program,
  digest: string,
  context: Context,
  env: Environment,
): Promise<string> {
  const home = join(cacheFolder(env), "foundry", PINNED, `${process.platform}-${process.arch}`);
  const path = join(home, program);
  if (existsSync(path)) return path;

  context.progress(`Installing ${program} ${PINNED}: there is none on the PATH that suits`);
  await mkdir(home, { recursive: true });
  const staged = await mkdtemp(join(home, ".staged-"));
  try {
    const tarball = await pack(program, staged, context, env);
    verify(await readFile(tarball), digest, program);
    await unpack(tarball, staged, context, env);
    await rename(join(staged, "package", "bin", program), path);
    return path;
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

function cacheFolder(env: Environment): string {
  const user = env.XDG_CACHE_HOME ?? join(env.HOME ?? ".", ".cache");
  return env.RUNNER_TOOL_CACHE ?? join(user, "playbook");
}

async function pack(
  program: Program,
  folder: string,
  { signal }: Context,
  env: Environment,
): Promise<string> {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/${program}-${process.platform}-${arch}@${PINNED}`;
  const args = ["pack", name, "--loglevel=error", "--ignore-scripts", "--pack-destination", folder];

  const options = { env: npmEnvironment(env), cwd: folder, signal };
  const ended = await runChild("npm", args, options).catch((error) => {
    signal.throwIfAborted();
    throw noFoundry(`npm, which installs it, cannot be started: ${reason(error)}.`);
  });
  if (ended.code !== 0) throw noFoundry(`npm could not fetch ${name}: ${npmWords(ended.stderr)}`);
  return join(folder, lastLine(ended.stdout));
}

/** Throws `no-foundry` unless the bytes are the ones that were pinned. */
export function verify(tarball: Uint8Array, digest: string, program: string): void {
  const found = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  if (found === digest) return;
  throw noFoundry(`The package of ${program} ${PINNED} has digest ${found} and not ${digest}.`);
}

async function unpack(
  tarball: string,
  folder: string,
  { signal }: Context,
  env: Environment,
): Promise<void> {
  const args = ["-xzf", tarball, "-C", folder];
  const ended = await runChild("tar", args, { env: npmEnvironment(env), signal });
  if (ended.code !== 0) throw noFoundry(`tar could not unpack it: ${lastLine(ended.stderr)}`);
}

/** What npm says went wrong, without where it keeps its log. */
function npmWords(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.replace(/^npm (error|ERR!) ?/, "").trim());
  const words = lines.filter((line) => line !== "" && !/complete log|^npm warn/i.test(line));
  return hideUrls(words.join("; "));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

function noFoundry(why: string): ActionError {
  return new ActionError("no-foundry", {
    what: "There is no Foundry to plan with.",
    why: `The PATH has no forge and anvil of version ${PINNED} or a later 1.x. ${why}`,
    next: `Put forge and anvil ${PINNED} on the PATH in a step before this one.`,
  });
}
