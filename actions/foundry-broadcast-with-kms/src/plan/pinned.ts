import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HttpClient } from "@actions/http-client";
import { ActionError, type Context, reason } from "@playbook/action";
import { type Environment, runChild } from "./child.ts";
import { npmEnvironment } from "./environment.ts";
import { hideUrls } from "./host.ts";

export type Program = "forge" | "anvil";

/** The version of Foundry that is installed where there is none that suits. */
export const PINNED = "1.7.1";

/** A tarball with some of the programs, the only one of its digest (SRI). */
export type Tarball = {
  programs: Program[];
  /** An npm package with its version, or a URL. */
  source: { npm: string } | { url: string };
  digest: string;
  /** Folder of the programs inside. */
  folder: string;
};

const RELEASES = "https://github.com/foundry-rs/foundry/releases/download";

/** npm has no packages of Foundry for Linux on arm64, Foundry's own releases have. */
const TARBALLS: Record<string, Tarball[]> = {
  "linux-x64": [
    {
      programs: ["forge"],
      source: { npm: `@foundry-rs/forge-linux-amd64@${PINNED}` },
      digest:
        "sha512-/HQddyTanVOJKgvilmZrf8VOf7mhvwrWb59W73w5W5flX7b6zNh9CR6hKZzJwiRRi5Sxk/JOFEYIeKsQx7Teqg==",
      folder: "package/bin",
    },
    {
      programs: ["anvil"],
      source: { npm: `@foundry-rs/anvil-linux-amd64@${PINNED}` },
      digest:
        "sha512-+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
      folder: "package/bin",
    },
  ],
  "linux-arm64": [
    {
      programs: ["forge", "anvil"],
      source: { url: `${RELEASES}/v${PINNED}/foundry_v${PINNED}_linux_arm64.tar.gz` },
      digest: "sha256-yP6PoJrjq6LIG1EMb52jqdRoApuVgOaQskWz8K6mh64=",
      folder: ".",
    },
  ],
};

/** What to install on a machine, like `linux-x64`; undefined when nothing is published for it. */
export function pinnedFor(machine: string): Tarball[] | undefined {
  return TARBALLS[machine];
}

/** Installs the tarballs' programs, once, and gives back their paths. Throws `no-foundry`. */
export async function installPinned(
  tarballs: Tarball[],
  machine: string,
  context: Context,
  env: Environment,
): Promise<Record<Program, string>> {
  const home = join(cacheFolder(env), "foundry", PINNED, machine);
  await Promise.all(tarballs.map((tarball) => install(tarball, home, context, env)));
  return { forge: join(home, "forge"), anvil: join(home, "anvil") };
}

async function install(
  tarball: Tarball,
  home: string,
  context: Context,
  env: Environment,
): Promise<void> {
  const { programs, folder } = tarball;
  if (programs.every((program) => existsSync(join(home, program)))) return;

  const names = programs.join(" and ");
  context.progress(`Installing ${names} ${PINNED}: there is none on the PATH that suits`);
  await mkdir(home, { recursive: true });
  const staged = await mkdtemp(join(home, ".staged-"));
  try {
    const file = await download(tarball, staged, context, env);
    verify(await readFile(file), tarball.digest, names);
    await unpack(file, staged, context, env);
    for (const program of programs) {
      await rename(join(staged, folder, program), join(home, program));
    }
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

function cacheFolder(env: Environment): string {
  const user = env.XDG_CACHE_HOME ?? join(env.HOME ?? ".", ".cache");
  return env.RUNNER_TOOL_CACHE ?? join(user, "playbook");
}

function download(
  { source }: Tarball,
  folder: string,
  context: Context,
  env: Environment,
): Promise<string> {
  return "npm" in source
    ? pack(source.npm, folder, context, env)
    : get(source.url, folder, context);
}

async function pack(
  name: string,
  folder: string,
  { signal }: Context,
  env: Environment,
): Promise<string> {
  const args = ["pack", name, "--loglevel=error", "--ignore-scripts", "--pack-destination", folder];
  const options = { env: npmEnvironment(env), cwd: folder, signal };
  const ended = await runChild("npm", args, options).catch((error) => {
    signal.throwIfAborted();
    throw noFoundry(`npm, which installs it, cannot be started: ${reason(error)}.`);
  });
  if (ended.code !== 0) throw noFoundry(`npm could not fetch ${name}: ${npmWords(ended.stderr)}`);
  return join(folder, lastLine(ended.stdout));
}

async function get(url: string, folder: string, { signal }: Context): Promise<string> {
  const client = new HttpClient("playbook", [], { allowRetries: true, maxRetries: 3 });
  try {
    const response = await client.get(url);
    const { statusCode } = response.message;
    if (statusCode !== 200) throw new Error(`it answers ${statusCode}`);
    const bytes = await response.readBodyBuffer?.();
    const file = join(folder, "tarball.tgz");
    await writeFile(file, bytes ?? "", { signal });
    return file;
  } catch (error) {
    signal.throwIfAborted();
    throw noFoundry(`${new URL(url).host} does not hand it over: ${reason(error)}.`);
  }
}

/** Throws `no-foundry` unless the bytes are the ones that were pinned. */
export function verify(tarball: Uint8Array, digest: string, names: string): void {
  const [algorithm = ""] = digest.split("-");
  const found = `${algorithm}-${createHash(algorithm).update(tarball).digest("base64")}`;
  if (found === digest) return;
  throw noFoundry(`The package of ${names} ${PINNED} has digest ${found} and not ${digest}.`);
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

/** That planning has nothing to plan with, and why. */
export function noFoundry(why: string): ActionError {
  return new ActionError("no-foundry", {
    what: "There is no Foundry to plan with.",
    why: `The PATH has no forge and anvil of version ${PINNED} or a later 1.x. ${why}`,
    next: `Put forge and anvil ${PINNED} on the PATH in a step before this one.`,
  });
}
