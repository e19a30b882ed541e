import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { parseEnv } from "node:util";
import { ActionError, type Context, hideUrls } from "@playbook/action";
import { type Environment, runChild } from "@playbook/child";
import { parse } from "smol-toml";
import { z } from "zod";
import { allowedEnvironment, variablesInSource, variablesInToml } from "./environment.ts";
import type { Script } from "./script.ts";
import type { Toolchain } from "./toolchain.ts";
import { filesBelow } from "./tree.ts";

/** A Foundry project as it lies in the checkout. Planning only reads it. */
export type Project = {
  folder: string;
  /** The repository's folder; the project's own where there is no repository. */
  top: string;
  settings: Settings;
  /** Environment variables that the project names in foundry.toml or in its Solidity. */
  variables: Set<string>;
  /** What the project's .env sets, which forge reads by itself. */
  dotenv: Environment;
  /**
   * Folders, relative to the project's, with nothing that people write: libraries, builds, plans.
   */
  apart: string[];
  /** Relative to the project's folder: the one file beside foundry.toml where URLs belong. */
  chainsFile: string;
};

/** What `forge config` says of the profile in use. */
const settings = z.object({
  src: z.string(),
  out: z.string(),
  cache_path: z.string(),
  broadcast: z.string(),
  libs: z.array(z.string()),
  fs_permissions: z.array(z.object({ access: z.unknown(), path: z.string() })).default([]),
  rpc_endpoints: z.record(z.string(), z.unknown()).default({}),
});

export type Settings = z.output<typeof settings>;

/** What the inputs say of the project: scripts, and where the plan and the chains file lie. */
export type Opening = { scripts: Script[]; plan: string; chainsFile: string };

/** Throws `no-project`, `no-script-file` or `bad-project` before anything is compiled. */
export async function openProject(
  path: string,
  { scripts, plan, chainsFile }: Opening,
  { forge }: Toolchain,
  { signal }: Context,
  env: Environment,
): Promise<Project> {
  const file = join(resolve(path), "foundry.toml");
  if (!existsSync(file)) throw noProject(path);
  const folder = await realpath(path);
  for (const script of scripts) checkFile(folder, script);

  const toml = await readFile(file, "utf8");
  const variables = new Set(variablesInToml(toml));
  const options = { cwd: folder, env: allowedEnvironment(env, variables), signal };
  const said = await runChild(forge, ["config", "--json", "--root", "."], options);
  if (said.code !== 0) throw badProject(path, said.stderr);
  checkProfile(toml, env.FOUNDRY_PROFILE, path);

  const found = settings.parse(JSON.parse(said.stdout));
  const { libs, out, cache_path, broadcast } = found;
  const apart = [...libs, out, cache_path, broadcast, relative(folder, resolve(plan))];
  const dotenv = parseEnv(await readFile(join(folder, ".env"), "utf8").catch(() => ""));
  const top = repositoryOf(folder);
  const chains = relative(folder, resolve(chainsFile));
  const project = { folder, top, settings: found, variables, dotenv, apart, chainsFile: chains };
  for (const name of await variablesBelow(project)) variables.add(name);
  return project;
}

function checkFile(folder: string, { line, target }: Script): void {
  const [path = ""] = target.split(":");
  if (!path.endsWith(".sol") || existsSync(join(folder, path))) return;
  throw new ActionError("no-script-file", {
    what: `There is no file ${path}, which the script line "${line}" names.`,
    why: "Its path is read from the project's folder.",
    next: "Correct the line, or the input `project`.",
  });
}

/** forge takes an unknown profile for the default one, in silence. */
function checkProfile(toml: string, profile: string | undefined, path: string): void {
  if (!profile || profile === "default") return;
  const known = Object.keys((parse(toml).profile as object | undefined) ?? {});
  if (known.includes(profile)) return;
  throw badProject(path, `It has no profile "${profile}", only ${known.join(", ") || "none"}.`);
}

function repositoryOf(folder: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
  }
  return folder;
}

async function variablesBelow({ folder, apart }: Project): Promise<string[]> {
  const sources = (await filesBelow(folder, apart)).filter((path) => path.endsWith(".sol"));
  const texts = await Promise.all(sources.map((path) => readFile(join(folder, path), "utf8")));
  return texts.flatMap(variablesInSource);
}

function noProject(path: string): ActionError {
  return new ActionError("no-project", {
    what: `There is no foundry.toml in ${resolve(path)}.`,
    why: "The scripts belong to a Foundry project, and that file is what makes one.",
    next: "Name the project's folder in the input `project`, and check the repository out before.",
  });
}

function badProject(path: string, said: string): ActionError {
  return new ActionError("bad-project", {
    what: `The Foundry project in ${resolve(path)} cannot be used.`,
    why: hideUrls(said.trim()),
    next: "Correct foundry.toml or the input `profile`; `forge config` must succeed.",
  });
}
