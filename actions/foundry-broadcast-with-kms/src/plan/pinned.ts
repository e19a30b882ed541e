import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ActionError, type Context, hideUrls, reason } from "@playbook/action";
import { type Environment, runChild } from "@playbook/child";
import { npmEnvironment } from "./environment.ts";

export type Program = "forge" | "anvil";

/** The version of Foundry that is installed where there is none that suits. */
export const PINNED = "1.7.1";

/** An npm package with one of the programs, and the only digest that it may have (SRI). */
export type Package = { program: Program; name: string; digest: string };

const published = (program: Program, machine: string, digest: string): Package => ({
  program,
  name: `@foundry-rs/${program}-${machine}@${PINNED}`,
  digest,
});

const PACKAGES: Record<string, Package[]> = {
  "linux-x64": [
    published(
      "forge",
      "linux-amd64",
      "sha512-/HQddyTanVOJKgvilmZrf8VOf7mhvwrWb59W73w5W5flX7b6zNh9CR6hKZzJwiRRi5Sxk/JOFEYIeKsQx7Teqg==",
    ),
    published(
      "anvil",
      "linux-amd64",
      "sha512-+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
    ),
  ],
  "linux-arm64": [
    published(
      "forge",
      "linux-arm64",
      "sha512-jt+6H8AWHauP8kP+miMKJkMjC6UCHm6NRjO5D+5ca416o6iJGPURNs+Nlb0WWnb1gaCj7sXUZqpxH73Ub+YBWg==",
    ),
    published(
      "anvil",
      "linux-arm64",
      "sha512-ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ==",
    ),
  ],
};

/** What to install on a machine, like `linux-x64`; undefined when nothing is published for it. */
export function pinnedFor(machine: string): Package[] | undefined {
  return PACKAGES[machine];
}

/** Installs the packages' programs, once, and gives back their paths. Throws `no-foundry`. */
export async function installPinned(
  packages: Package[],
  machine: string,
  context: Context,
  env: Environment,
): Promise<Record<Program, string>> {
  const home = join(cacheFolder(env), "foundry", PINNED, machine);
  await Promise.all(packages.map((one) => install(one, home, context, env)));
  return { forge: join(home, "forge"), anvil: join(home, "anvil") };
}

async function install(
  { program, name, digest }: Package,
  home: string,
  context: Context,
  env: Environment,
): Promise<void> {
  if (existsSync(join(home, program))) return;

  context.progress(`Installing ${program} ${PINNED}: there is none on the PATH that suits`);
  await mkdir(home, { recursive: true });
  const staged = await mkdtemp(join(home, ".staged-"));
  try {
    const file = await pack(name, staged, context, env);
    verify(await readFile(file), digest, program);
    await unpack(file, staged, context, env);
    await rename(join(staged, "package", "bin", program), join(home, program));
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

function cacheFolder(env: Environment): string {
  const user = env.XDG_CACHE_HOME ?? join(env.HOME ?? ".", ".cache");
  return env.RUNNER_TOOL_CACHE ?? join(user, "playbook");
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

/** Throws `no-foundry` unless the bytes are the ones that were pinned. */
export function verify(tarball: Uint8Array, digest: string, program: Program): void {
  const [algorithm = ""] = digest.split("-");
  const found = `${algorithm}-${createHash(algorithm).update(tarball).digest("base64")}`;
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

/** That planning has nothing to plan with, and why. */
export function noFoundry(why: string): ActionError {
  return new ActionError("no-foundry", {
    what: "There is no Foundry to plan with.",
    why: `The PATH has no forge and anvil of version ${PINNED} or a later 1.x. ${why}`,
    next: `Put forge and anvil ${PINNED} on the PATH in a step before this one.`,
  });
}
