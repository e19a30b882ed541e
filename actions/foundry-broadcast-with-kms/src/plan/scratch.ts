import { constants } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Project } from "./project.ts";
import { FOREIGN } from "./tree.ts";

/** A copy of the project that scripts may write to. Gone when it is disposed of. */
export type Scratch = AsyncDisposable & { readonly folder: string };

/**
 * Copies the project below the temporary folder. Around it the repository is imitated by links, so
 * that `../node_modules` and the like are found; packages inside are links too. What scripts are
 * allowed to write outside of the project is copied as well. The folder of plans stays behind.
 */
export async function copyProject(
  project: Project,
  plan: string,
  temporary: string,
): Promise<Scratch> {
  const home = await realpath(await mkdtemp(join(temporary, "playbook-plan-")));
  const scratch = {
    folder: join(home, relative(project.top, project.folder)),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
  try {
    const copied = [project.folder, ...writableOutside(project)];
    await imitate(project.top, home, copied, [resolve(plan)]);
    return scratch;
  } catch (error) {
    await scratch[Symbol.asyncDispose]();
    throw error;
  }
}

/** Folders of the repository, outside of the project, that foundry.toml lets scripts write to. */
function writableOutside({ folder, top, settings }: Project): string[] {
  return settings.fs_permissions
    .filter(({ access }) => access === true || /write/.test(String(access)))
    .map(({ path }) => resolve(folder, path))
    .filter((path) => isInside(top, path) && !isInside(folder, path) && !isInside(path, folder));
}

function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

async function imitate(from: string, to: string, copied: string[], leave: string[]): Promise<void> {
  if (copied.includes(from)) return copy(from, to, leave);
  if (!copied.some((path) => isInside(from, path))) return symlink(from, to);

  await mkdir(to, { recursive: true });
  const entries = (await readdir(from)).filter((name) => name !== ".git");
  const inner = entries.map((name) => imitate(join(from, name), join(to, name), copied, leave));
  await Promise.all(inner);
}

async function copy(from: string, to: string, leave: string[]): Promise<void> {
  const links: [string, string][] = [];
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source, target) => {
      if (leave.includes(source)) return false;
      if (source === from || !FOREIGN.includes(basename(source))) return true;
      if (basename(source) === "node_modules") links.push([source, target]);
      return false;
    },
  });
  for (const [source, target] of links) await symlink(source, target);
}
