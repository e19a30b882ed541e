import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Context } from "@playbook/action";
import { type Environment, runChild } from "@playbook/child";
import { npmEnvironment } from "./environment.ts";
import { installPinned, noFoundry, PINNED, type Program, pinnedFor } from "./pinned.ts";

/** The programs of Foundry that planning needs, by their paths. */
export type Toolchain = { forge: string; anvil: string; version: string };

/**
 * forge and anvil: those on the PATH when both are of a version that is known to work, else the
 * pinned ones, installed once. Throws `no-foundry`.
 */
export async function findToolchain(context: Context, env: Environment): Promise<Toolchain> {
  const [forge, anvil] = await Promise.all([onPath("forge", env), onPath("anvil", env)]);
  if (forge && anvil) return { forge: forge.path, anvil: anvil.path, version: forge.version };

  const machine = `${process.platform}-${process.arch}`;
  const pinned = pinnedFor(machine);
  if (!pinned) throw noFoundry(`There is no pinned one for ${machine} to install.`);
  const paths = await installPinned(pinned, machine, context, env);
  return { ...paths, version: PINNED };
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
